import { open } from 'node:fs/promises'

export type AppendFile = {
  /** Resolves with the offset of the first byte, once the bytes are on disk. Calls that wait share one sync. */
  append(bytes: Buffer): Promise<number>
  /** Length on disk. */
  size(): number
  /** Resolves when nothing is being written. */
  settled(): Promise<void>
}

type Waiting = { bytes: Buffer; resolve: (offset: number) => void; reject: (error: unknown) => void }

/** A file that only grows. It is opened for each write, so that any number of them can exist. */
export function appendFile(path: string, size: number, fsync: boolean): AppendFile {
  let length = size
  let waiting: Waiting[] = []
  let writing: Promise<void> | undefined

  return {
    append(bytes) {
      return new Promise((resolve, reject) => {
        waiting.push({ bytes, resolve, reject })
        writing ??= drain()
      })
    },
    size: () => length,
    settled: () => writing ?? Promise.resolve(),
  }

  async function drain() {
    while (waiting.length > 0) {
      const group = waiting
      waiting = []
      try {
        await write(Buffer.concat(group.map((one) => one.bytes)))
        for (const one of group) {
          one.resolve(length)
          length += one.bytes.length
        }
      } catch (error) {
        for (const one of group) one.reject(error)
      }
    }
    writing = undefined
  }

  async function write(bytes: Buffer) {
    const file = await open(path, 'a')
    try {
      await file.writeFile(bytes)
      if (fsync) await file.datasync()
    } catch (error) {
      // A half-written group must not be in front of the next one.
      await file.truncate(length).catch(() => undefined)
      throw error
    } finally {
      await file.close()
    }
  }
}
