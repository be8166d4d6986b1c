import { randomBytes } from 'node:crypto'
import { HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { newId } from '@roomlog/domain'
import { partitionOf } from '@roomlog/journal'
import { rewind } from '@roomlog/journal/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Pipeline, startPipeline } from '../test/pipeline.ts'

let pipeline: Pipeline

beforeAll(async () => {
  pipeline = await startPipeline()
})
afterAll(async () => {
  await pipeline.close()
})

it('a restored database that hands out the number of a destination anew is not delivered to the old one', async () => {
  const version = await pipeline.addDestination('s3')
  const room = newId(randomBytes)
  const writer = await pipeline.start()
  await pipeline.send(room, 3, [version])
  await expect.poll(() => pipeline.idsIn('s3'), { timeout: 20_000 }).toHaveLength(3)

  await pipeline.createTarget('s3', 'another-bucket')
  const partition = partitionOf(room, pipeline.journal.partitions)
  // As before the first record, but for a destination that was made since.
  await pipeline.pool.query(`update destination_version set target = 'another-bucket' where id = ${version}`)
  await rewind(pipeline.pool, partition)
  // Noticed by the head, or (a write that was on its way) as a lease that is lost, and then only taken up once it is over.
  const sent = await pipeline.send(room, 2, [version])
  const ids = sent.map(({ id }) => id)
  await expect.poll(() => pipeline.idsIn('s3', 'another-bucket'), { timeout: 45_000 }).toEqual(ids)
  expect(await pipeline.idsIn('s3')).toHaveLength(3)
  await writer.stop()
})

it('objects are sent with the checksum that ROOMLOG_S3_CHECKSUM names', async () => {
  await pipeline.createTarget('s3', 'checked')
  const version = await pipeline.addDestination('s3', 'checked')
  const writer = await pipeline.start({ ROOMLOG_S3_CHECKSUM: 'crc32', ROOMLOG_S3_ACL: 'none' })
  await pipeline.send(newId(randomBytes), 1, [version])
  await expect.poll(() => pipeline.idsIn('s3', 'checked'), { timeout: 20_000 }).toHaveLength(1)
  await writer.stop()
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const s3 = new S3Client({ region: 'us-east-1', endpoint: pipeline.aws.url, credentials, forcePathStyle: true })
  const { Contents: [object] = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'checked' }))
  const at = { Bucket: 'checked', Key: object?.Key ?? '' }
  const head = await s3.send(new HeadObjectCommand({ ...at, ChecksumMode: 'ENABLED' }))
  expect(head.ChecksumCRC32).toBeDefined()
  s3.destroy()
})
