import { randomBytes } from 'node:crypto'
import { HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { newId } from '@roomlog/domain'
import { partitionOf } from '@roomlog/journal'
import { lanes, rewind } from '@roomlog/journal/testing'
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

it('records for a destination that the database does not know hold their lane alone, in words, until it knows it', async () => {
  await pipeline.createTarget('s3', 'forgotten-bucket')
  const known = await pipeline.addDestination('cloudWatchLogs')
  const gone = await pipeline.addDestination('s3', 'forgotten-bucket')
  const { rows } = await pipeline.pool.query('delete from destination_version where id = $1 returning *', [gone])
  const room = newId(randomBytes)
  const partition = partitionOf(room, pipeline.journal.partitions)
  // Other tests may have sent there.
  const head = (await pipeline.journal.heads([partition])).get(partition)?.head
  const before = await pipeline.send(room, 3, [known, gone])
  const writer = await pipeline.start()
  const behind = await pipeline.send(room, 3, [known, gone])
  const ids = [...before, ...behind].map(({ id }) => id)
  await expect.poll(() => pipeline.idsIn('cloudWatchLogs'), { timeout: 20_000 }).toEqual(ids)
  const words = expect.stringContaining(`no destination version ${gone}`)
  const shown = async () => Object(await (await fetch(`${writer.url}/readyz`)).json()).troubles
  await expect
    .poll(shown, { timeout: 20_000 })
    .toMatchObject([{ event: 'destination.held', destinationVersionId: gone, reason: words }])
  await expect
    .poll(() => lanes(pipeline.pool), { timeout: 20_000 })
    .toMatchObject([{ destinationVersionId: gone, state: 'held', lastError: words, checkpoint: head }])

  const [row] = rows
  await pipeline.pool.query(
    `insert into destination_version (id, logging_configuration_id, account_id, region, kind, target)
     values ($1, $2, $3, $4, $5, $6)`,
    [row.id, row.logging_configuration_id, row.account_id, row.region, row.kind, row.target],
  )
  await expect.poll(() => pipeline.idsIn('s3', 'forgotten-bucket'), { timeout: 30_000 }).toEqual(ids)
  await expect.poll(shown, { timeout: 20_000 }).toBeUndefined()
  expect(await pipeline.idsIn('cloudWatchLogs')).toEqual(ids)
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
