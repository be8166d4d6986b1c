import { mkdir, readdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { readIfThere, replaceFile } from '../durable-file.ts'
import { s3Error } from './error.ts'
import { type KeyIndex, keyIndex } from './key-index.ts'
import { isBucketName } from './limits.ts'
import { objectFiles } from './object-files.ts'
import { keysOnDisk } from './recover.ts'

export type Bucket = {
  readonly name: string
  readonly region: string
  readonly createdMs: number
  readonly policy: string | undefined
  readonly keys: KeyIndex
}

export type Buckets = {
  all(): readonly Bucket[]
  /** Throws NoSuchBucket. */
  get(name: string): Bucket
  create(name: string, region: string): Promise<void>
  setPolicy(name: string, policy: string | undefined): Promise<void>
  remove(name: string): Promise<void>
}

export async function createBuckets(options: { dataDir: string; fsync: boolean; now: () => number }): Promise<Buckets> {
  const files = await objectFiles(options.dataDir)
  const buckets = new Map<string, Bucket>()
  for (const entry of await readdir(files.buckets, { withFileTypes: true })) {
    if (entry.isDirectory() && isBucketName(entry.name)) buckets.set(entry.name, await load(entry.name))
  }

  const self: Buckets = {
    all: () => [...buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    get(name) {
      const bucket = buckets.get(name)
      if (bucket === undefined) throw s3Error('NoSuchBucket', 'The specified bucket does not exist')
      return bucket
    },
    async create(name, region) {
      if (!isBucketName(name)) throw s3Error('InvalidBucketName', 'The specified bucket is not valid.')
      const owned = buckets.get(name)
      // As the real us-east-1 does, and only there.
      if (owned?.region === 'us-east-1' && region === 'us-east-1') return
      if (owned !== undefined) {
        throw s3Error('BucketAlreadyOwnedByYou', 'Your previous request to create the named bucket succeeded')
      }
      await mkdir(files.bucket(name), { recursive: true })
      await save({ name, region, createdMs: options.now(), policy: undefined, keys: keyIndex() })
    },
    setPolicy: (name, policy) => save({ ...self.get(name), policy }),
    async remove(name) {
      if (self.get(name).keys.size() > 0) {
        throw s3Error('BucketNotEmpty', 'The bucket you tried to delete is not empty')
      }
      buckets.delete(name)
      await rm(files.bucket(name), { recursive: true, force: true })
      await rm(dirname(files.bucketInfo(name)), { recursive: true, force: true })
    },
  }
  return self

  async function save(bucket: Bucket) {
    const { region, createdMs, policy } = bucket
    buckets.set(bucket.name, bucket)
    await replaceFile(
      files.bucketInfo(bucket.name),
      `${JSON.stringify({ region, createdMs, policy }, undefined, 2)}\n`,
      options.fsync,
    )
  }

  async function load(name: string): Promise<Bucket> {
    const text = await readIfThere(files.bucketInfo(name))
    const { region, createdMs, policy } = BucketInfo.parse(JSON.parse(text ?? '{}'))
    const keys = keyIndex()
    for await (const key of keysOnDisk(files.bucket(name))) keys.add(key)
    return { name, region, createdMs, policy, keys }
  }
}

const BucketInfo = z.object({
  region: z.string().default('us-east-1'),
  createdMs: z.number().default(0),
  policy: z.string().optional(),
})
