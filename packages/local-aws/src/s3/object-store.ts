import { createHash } from 'node:crypto'
import { type FileHandle, link, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { codeOf, readIfThere } from '../durable-file.ts'
import { nameAt } from '../file-name.ts'
import type { Bucket } from './buckets.ts'
import { s3Error } from './error.ts'
import { type ObjectFiles, objectFiles } from './object-files.ts'

/** What is known of an object besides its bytes; kept in a sidecar file. */
export const ObjectInfo = z.object({
  key: z.string(),
  size: z.number(),
  etag: z.string(),
  lastModified: z.number(),
  /** Answered as they were sent: content-type, content-encoding, x-amz-meta-*, checksums. */
  headers: z.record(z.string(), z.string()),
  acl: z.string(),
})
export type ObjectInfo = z.infer<typeof ObjectInfo>

/** An object's bytes on disk and synced, but not yet under its key. */
export type Staged = { readonly path: string; readonly size: number; readonly md5: Buffer }

export type Condition = { readonly ifNoneMatch: boolean; readonly ifMatch?: string }

export type ObjectStore = {
  /** Writes a body to a temporary file. */
  stage(body: AsyncIterable<Buffer>, see: (bytes: Buffer) => void, bytesMax: number): Promise<Staged>
  discard(staged: Staged): Promise<void>
  /** Puts staged bytes under a key, all or nothing; refuses when the condition does not hold. */
  commit(bucket: Bucket, info: ObjectInfo, staged: Staged, condition: Condition): Promise<void>
  info(bucket: Bucket, key: string): Promise<ObjectInfo | undefined>
  /** The caller closes the file. */
  open(bucket: Bucket, key: string): Promise<{ info: ObjectInfo; file: FileHandle } | undefined>
  remove(bucket: Bucket, key: string): Promise<void>
}

export async function createObjectStore(options: { dataDir: string; fsync: boolean }): Promise<ObjectStore> {
  const files = await objectFiles(options.dataDir)
  const queues = new Map<string, Promise<unknown>>()
  let staging = 0
  await finishOverwrites(files)

  return {
    stage,
    discard: (staged) => rm(staged.path, { force: true }),
    commit: (bucket, info, staged, condition) =>
      inTurn(bucket, info.key, () => commit(bucket, info, staged, condition)),
    info: (bucket, key) => inTurn(bucket, key, () => read(bucket, key)),
    open: (bucket, key) =>
      inTurn(bucket, key, async () => {
        const info = await read(bucket, key)
        const path = info && (await files.locate(bucket.name, key)).found
        return info && path !== undefined ? { info, file: await open(path, 'r') } : undefined
      }),
    remove: (bucket, key) =>
      inTurn(bucket, key, async () => {
        const { found } = await files.locate(bucket.name, key)
        if (found !== undefined) await rm(found)
        await rm(files.sidecar(bucket.name, key), { force: true })
        bucket.keys.remove(key)
      }),
  }

  async function stage(body: AsyncIterable<Buffer>, see: (bytes: Buffer) => void, bytesMax: number): Promise<Staged> {
    staging += 1
    const path = join(files.staging, `${process.pid}-${staging}`)
    const md5 = createHash('md5')
    const file = await open(path, 'w')
    let size = 0
    let held: Buffer[] = []
    let heldBytes = 0
    try {
      for await (const bytes of body) {
        md5.update(bytes)
        see(bytes)
        size += bytes.length
        if (size > bytesMax) throw s3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size')
        held.push(bytes)
        heldBytes += bytes.length
        if (heldBytes >= WRITE_BYTES) await writeHeld()
      }
      await writeHeld()
      if (options.fsync) await file.datasync()
    } catch (error) {
      await rm(path, { force: true })
      throw error
    } finally {
      await file.close()
    }
    return { path, size, md5: md5.digest() }

    async function writeHeld() {
      if (heldBytes > 0) await file.writeFile(held.length === 1 ? (held[0] ?? '') : Buffer.concat(held))
      held = []
      heldBytes = 0
    }
  }

  async function commit(bucket: Bucket, info: ObjectInfo, staged: Staged, condition: Condition) {
    const { found, free } = await files.locate(bucket.name, info.key)
    if (condition.ifNoneMatch && found !== undefined) throw preconditionFailed('If-None-Match')
    if (condition.ifMatch !== undefined) {
      const current = await read(bucket, info.key)
      if (current === undefined) throw s3Error('NoSuchKey', 'The specified key does not exist.')
      if (`"${current.etag}"` !== condition.ifMatch) throw preconditionFailed('If-Match')
    }
    const creates = found === undefined
    const sidecar = { ...info, bucket: bucket.name, creates }
    const temporary = `${staged.path}.json`
    const file = await open(temporary, 'w')
    await file.writeFile(`${JSON.stringify(sidecar, undefined, 2)}\n`)
    await file.close()
    // The moment at which the object is there: link fails when the key exists. The sidecar of a new object goes
    // first (without an object it means nothing), that of a replaced one last (`finishOverwrites` ends it).
    if (creates) {
      await files.withFolder(bucket.name, info.key, () => rename(temporary, files.sidecar(bucket.name, info.key)))
      await files.withFolder(bucket.name, info.key, () => linkInto(bucket, info.key, staged.path, free))
      await rm(staged.path)
    } else {
      await rename(staged.path, found)
      await rename(temporary, files.sidecar(bucket.name, info.key))
    }
    bucket.keys.add(info.key)
  }

  async function linkInto(bucket: Bucket, key: string, from: string, to: string): Promise<void> {
    try {
      await link(from, to)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
      // Either the object, or a folder of that name which another key has just made.
      const { found, free } = await files.locate(bucket.name, key)
      if (found !== undefined || free === to) throw preconditionFailed('If-None-Match')
      await linkInto(bucket, key, from, free)
    }
  }

  async function read(bucket: Bucket, key: string): Promise<ObjectInfo | undefined> {
    const { found } = await files.locate(bucket.name, key)
    if (found === undefined) return undefined
    const text = await readIfThere(files.sidecar(bucket.name, key))
    return text === undefined ? bareInfo(key, found) : ObjectInfo.parse(JSON.parse(text))
  }

  /** Calls on one key run one after the other. */
  function inTurn<T>(bucket: Bucket, key: string, run: () => Promise<T>): Promise<T> {
    const name = `${bucket.name}/${key}`
    const mine = (queues.get(name) ?? Promise.resolve()).then(run, run)
    const settled = mine.then(
      () => undefined,
      () => undefined,
    )
    queues.set(name, settled)
    void settled.then(() => {
      if (queues.get(name) === settled) queues.delete(name)
    })
    return mine
  }
}

const WRITE_BYTES = 1024 * 1024

function preconditionFailed(condition: string): Error {
  return s3Error('PreconditionFailed', `At least one of the pre-conditions you specified did not hold: ${condition}`)
}

/** Of a file that a person put there, or whose sidecar a power cut took. */
async function bareInfo(key: string, path: string): Promise<ObjectInfo> {
  const md5 = createHash('md5')
  const file = await open(path, 'r')
  try {
    const { size, mtimeMs } = await file.stat()
    for await (const bytes of file.createReadStream({ autoClose: false })) md5.update(bytes)
    return { key, size, etag: md5.digest('hex'), lastModified: mtimeMs, headers: {}, acl: 'private' }
  } finally {
    await file.close()
  }
}

/** A process that died between an object's replacement and its sidecar's left the new sidecar behind. */
async function finishOverwrites(files: ObjectFiles) {
  for (const name of await readdir(files.staging)) {
    const path = join(files.staging, name)
    const left = name.endsWith('.json') ? LeftSidecar.safeParse(parsed(await readIfThere(path))).data : undefined
    if (left !== undefined && !left.creates) {
      const { found } = await files.locate(left.bucket, left.key)
      if (found !== undefined && (await bareInfo(left.key, found)).etag === left.etag) {
        await rename(path, files.sidecar(left.bucket, left.key))
      }
    }
    await rm(path, { force: true })
  }
}

const LeftSidecar = ObjectInfo.extend({ bucket: z.string(), creates: z.boolean() })

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}

/** Every key of a bucket, from its folder. */
export async function* keysOnDisk(folder: string): AsyncGenerator<string> {
  const folders = ['']
  while (true) {
    const at = folders.pop()
    if (at === undefined) return
    for (const entry of await readdir(join(folder, at), { withFileTypes: true })) {
      const path = at === '' ? entry.name : `${at}/${entry.name}`
      if (entry.isDirectory()) folders.push(path)
      else yield* keyOf(path)
    }
  }
}

function keyOf(path: string): string[] {
  try {
    return [nameAt(/[^/]%$/.test(path) ? path.slice(0, -1) : path)]
  } catch {
    // Not a name of ours: a file that a person put there.
    return []
  }
}
