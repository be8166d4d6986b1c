import { nameOf } from './key-name.ts'
import type { Journal, KeyName, RecordKey } from './port.ts'

/** Keys of one read; a call has no more. */
const KEYS_MAX = 1_000

/** By `nameOf`. */
export type Known = ReadonlyMap<string, RecordKey>

type Asked = {
  readonly names: readonly KeyName[]
  readonly resolve: (known: Known) => void
  readonly reject: (error: unknown) => void
}

/**
 * Reads keys together: what is asked for while one read is under way shares the next. So keys take one connection of those
 * that appends need, however many are asked for.
 */
export function createKeyReader({
  findKeys,
}: Pick<Journal, 'findKeys'>): (names: readonly KeyName[]) => Promise<Known> {
  const waiting: Asked[] = []
  let isReading = false

  function take(): Asked[] {
    let count = 0
    const end = waiting.findIndex(({ names }, i) => {
      count += names.length
      return i > 0 && count > KEYS_MAX
    })
    return waiting.splice(0, end === -1 ? waiting.length : end)
  }

  async function read(): Promise<void> {
    // What is asked for in the same turn shares the first one.
    await Promise.resolve()
    while (waiting.length > 0) {
      const together = take()
      try {
        const found = await findKeys(together.flatMap(({ names }) => names))
        const known = new Map(found.map((key) => [nameOf(key), key]))
        for (const { resolve } of together) resolve(known)
      } catch (error) {
        for (const { reject } of together) reject(error)
      }
    }
    isReading = false
  }

  return (names) =>
    new Promise((resolve, reject) => {
      waiting.push({ names, resolve, reject })
      if (isReading) return
      isReading = true
      void read()
    })
}
