import { createHash } from 'node:crypto'
import { closeSync, fdatasync, openSync, unlinkSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { s3Error } from './error.ts'

/** An object's bytes on disk and synced, but not yet under its key. */
export type Staged = { readonly path: string; readonly size: number; readonly md5: Buffer }

const WRITE_BYTES = 1024 * 1024
const datasync = promisify(fdatasync)

/**
 * Writes a body to a new file. The calls that only touch the kernel's cache are synchronous: each takes microseconds,
 * where a trip to the thread pool costs ten times that, and the pool's few threads are wanted for the syncs.
 */
export async function stage(options: {
  path: string
  body: AsyncIterable<Buffer>
  /** Sees all bytes, for checksums. */
  see: (bytes: Buffer) => void
  bytesMax: number
  fsync: boolean
}): Promise<Staged> {
  const { path } = options
  const md5 = createHash('md5')
  const file = openSync(path, 'w')
  let size = 0
  let held: Buffer[] = []
  let heldBytes = 0
  try {
    for await (const bytes of options.body) {
      md5.update(bytes)
      options.see(bytes)
      size += bytes.length
      if (size > options.bytesMax) {
        throw s3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size')
      }
      held.push(bytes)
      heldBytes += bytes.length
      if (heldBytes >= WRITE_BYTES) writeHeld()
    }
    writeHeld()
    if (options.fsync) await datasync(file)
  } catch (error) {
    unlinkSync(path)
    throw error
  } finally {
    closeSync(file)
  }
  return { path, size, md5: md5.digest() }

  function writeHeld() {
    const bytes = Buffer.concat(held)
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
    held = []
    heldBytes = 0
  }
}
