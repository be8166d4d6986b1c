import { readFileSync, writeFileSync } from 'node:fs'
import { type FileHandle, link, open, rename, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../durable-file.ts'
import { createInTurn } from '../in-turn.ts'
import type { Bucket } from './buckets.ts'
import { s3Error } from './error.ts'
import { objectFiles } from './object-files.ts'
import { infoFromFile, ObjectInfo } from './object-info.ts'
import { finishReplacements, type ReplacementInfo } from './recover.ts'
import { type Staged, stage } from './stage.ts'

export type Condition = { readonly ifNoneMatch: boolean; readonly ifMatch?: string }

export type ObjectStore = {
  /** Writes a body to a temporary file; `see` is shown all bytes. */
  stage(body: AsyncIterable<Buffer>, see: (bytes: Buffer) => void, bytesMax: number): Promise<Staged>
  discard(staged: Staged): Promise<void>
  /** Puts staged bytes under a key, all or nothing; refuses when the condition does not hold. */
  commit(bucket: Bucket, info: ObjectInfo, staged: Staged, condition: Condition): Promise<void>
  info(bucket: Bucket, key: string): Promise<ObjectInfo | undefined>
  /** The caller closes the file. */
  open(bucket: Bucket, key: string): Promise<{ info: ObjectInfo; file: FileHandle } | undefined>
  remove(bucket: Bucket, key: string): Promise<void>
}

/**
 * Objects are plain files. Their bytes are synced before they get their key, folders and sidecars are not: the
 * stand-in keeps what it acknowledged through a kill, and the bytes, not all metadata, through a power cut.
 */
export async function createObjectStore(options: { dataDir: string; fsync: boolean }): Promise<ObjectStore> {
  const files = await objectFiles(options.dataDir)
  const inTurn = createInTurn()
  let staged = 0
  await finishReplacements(files)

  return {
    stage(body, see, bytesMax) {
      staged += 1
      const path = join(files.staging, String(staged))
      return stage({ path, body, see, bytesMax, fsync: options.fsync })
    },
    discard: (one) => rm(one.path, { force: true }),
    commit: (bucket, info, from, condition) =>
      inTurn(nameOf(bucket, info.key), () => commit(bucket, info, from, condition)),
    info: (bucket, key) => inTurn(nameOf(bucket, key), () => read(bucket, key)),
    open: (bucket, key) =>
      inTurn(nameOf(bucket, key), async () => {
        const info = await read(bucket, key)
        const path = files.locate(bucket.name, key).found
        return info !== undefined && path !== undefined ? { info, file: await open(path, 'r') } : undefined
      }),
    remove: (bucket, key) =>
      inTurn(nameOf(bucket, key), async () => {
        const { found } = files.locate(bucket.name, key)
        if (found !== undefined) await unlink(found)
        await rm(files.sidecar(bucket.name, key), { force: true })
        bucket.keys.remove(key)
      }),
  }

  async function commit(bucket: Bucket, info: ObjectInfo, from: Staged, condition: Condition) {
    const { found, free } = files.locate(bucket.name, info.key)
    if (condition.ifNoneMatch && found !== undefined) throw preconditionFailed('If-None-Match')
    if (condition.ifMatch !== undefined) {
      const current = await read(bucket, info.key)
      if (current === undefined) throw s3Error('NoSuchKey', 'The specified key does not exist.')
      if (`"${current.etag}"` !== condition.ifMatch) throw preconditionFailed('If-Match')
    }
    if (found === undefined) await create(bucket, info, from, free)
    else await replace(bucket, info, from, found)
    bucket.keys.add(info.key)
  }

  /** The sidecar goes first: without an object it means nothing. The link is the moment of creation. */
  async function create(bucket: Bucket, info: ObjectInfo, from: Staged, free: string) {
    const sidecar = files.sidecar(bucket.name, info.key)
    await files.withFolder(bucket.name, info.key, async () => writeFileSync(sidecar, textOf(info)))
    await files.withFolder(bucket.name, info.key, () => linkInto(bucket, info.key, from.path, free))
    await unlink(from.path)
  }

  /** The sidecar goes last; if we die in between, the next start finds it in the staging folder. */
  async function replace(bucket: Bucket, info: ObjectInfo, from: Staged, found: string) {
    const sidecar = `${from.path}.json`
    writeFileSync(sidecar, textOf<ReplacementInfo>({ ...info, bucket: bucket.name }))
    await rename(from.path, found)
    await rename(sidecar, files.sidecar(bucket.name, info.key))
  }

  async function linkInto(bucket: Bucket, key: string, from: string, to: string): Promise<void> {
    try {
      await link(from, to)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
      // Either the object, or a folder of that name which another key has just made.
      const { found, free } = files.locate(bucket.name, key)
      if (found !== undefined || free === to) throw preconditionFailed('If-None-Match')
      await linkInto(bucket, key, from, free)
    }
  }

  async function read(bucket: Bucket, key: string): Promise<ObjectInfo | undefined> {
    const { found } = files.locate(bucket.name, key)
    if (found === undefined) return undefined
    try {
      return ObjectInfo.parse(JSON.parse(readFileSync(files.sidecar(bucket.name, key), 'utf8')))
    } catch {
      return infoFromFile(key, found)
    }
  }
}

function nameOf(bucket: Bucket, key: string): string {
  return `${bucket.name}/${key}`
}

function textOf<T extends ObjectInfo>(info: T): string {
  return `${JSON.stringify(info, undefined, 2)}\n`
}

function preconditionFailed(condition: string): Error {
  return s3Error('PreconditionFailed', `At least one of the pre-conditions you specified did not hold: ${condition}`)
}
