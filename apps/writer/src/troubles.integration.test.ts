import { randomBytes } from 'node:crypto'
import { CloudWatchLogsClient, CreateLogGroupCommand, DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs'
import { newId } from '@roomlog/domain'
import { lanes, letters, totals } from '@roomlog/journal/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Pipeline, startPipeline } from '../test/pipeline.ts'

let pipeline: Pipeline
beforeEach(async () => {
  pipeline = await startPipeline()
})
afterEach(async () => {
  await pipeline.close()
})

const QUICK = {
  ROOMLOG_REQUEST_TIMEOUT_SECONDS: '1',
  ROOMLOG_LEASE_SECONDS: '3',
  ROOMLOG_READ_BACK_SETTLE_SECONDS: '0.2',
}

const laneStates = () => lanes(pipeline.pool)

it('a destination that refuses is held, says what a person must do, and drains in order afterwards; the other goes on', async () => {
  const [s3, logs] = [await pipeline.addDestination('s3'), await pipeline.addDestination('cloudWatchLogs')]
  const roomId = newId(randomBytes)
  pipeline.aws.faults.add({ effect: 'accessDenied', service: 's3', operation: 'PutObject' })
  const writer = await pipeline.start()
  const sent = [...(await pipeline.send(roomId, 5, [s3, logs])), ...(await pipeline.send(roomId, 5, [s3, logs]))]
  const ids = sent.map(({ id }) => String(id))
  await expect.poll(() => pipeline.idsIn('cloudWatchLogs'), { timeout: 20_000 }).toEqual(ids)
  await expect
    .poll(laneStates, { timeout: 20_000 })
    .toMatchObject([
      { state: 'held', lastError: expect.stringContaining('s3:PutObject'), nextProbeAtMs: expect.any(Number) },
    ])
  expect(await pipeline.idsIn('s3')).toEqual([])
  pipeline.aws.faults.clear()
  await expect.poll(() => pipeline.idsIn('s3'), { timeout: 20_000 }).toEqual(ids)
  await expect.poll(laneStates, { timeout: 20_000 }).toEqual([])
  await writer.stop()
})

it('answers lost after the effect repeat nothing in S3 and CloudWatch Logs, and are counted for Firehose', async () => {
  const kinds = ['s3', 'cloudWatchLogs', 'firehose'] as const
  const destinations = await Promise.all(kinds.map((kind) => pipeline.addDestination(kind)))
  for (const operation of ['PutObject', 'PutLogEvents', 'PutRecordBatch']) {
    pipeline.aws.faults.add({ effect: 'answerLost', operation, skip: 1, count: 1 })
  }
  const writer = await pipeline.start(QUICK)
  const rooms = [newId(randomBytes), newId(randomBytes)]
  const sent = []
  for (const roomId of [...rooms, ...rooms]) sent.push(...(await pipeline.send(roomId, 4, destinations)))
  const ids = new Set(sent.map(({ id }) => String(id)))
  for (const kind of kinds) {
    await expect.poll(async () => new Set(await pipeline.idsIn(kind)), { timeout: 30_000 }).toEqual(ids)
  }
  await expect.poll(laneStates, { timeout: 30_000 }).toEqual([])
  await writer.stop()
  expect(await pipeline.idsIn('s3')).toHaveLength(ids.size)
  expect(await pipeline.idsIn('cloudWatchLogs')).toHaveLength(ids.size)
  const repeats = (await pipeline.idsIn('firehose')).length - ids.size
  const possible = (await totals(pipeline.pool)).reduce((sum, { repeatsPossible }) => sum + repeatsPossible, 0)
  expect(possible).toBeGreaterThanOrEqual(repeats)
})

it('a log group made anew as INFREQUENT_ACCESS is held at a lost answer, says what to do, and drains once that is done', async () => {
  const target = 'changing-group'
  await pipeline.createTarget('cloudWatchLogs', target)
  const logs = await pipeline.addDestination('cloudWatchLogs', target)
  const client = new CloudWatchLogsClient({ region: 'us-east-1' })
  await client.send(new DeleteLogGroupCommand({ logGroupName: target }))
  await client.send(new CreateLogGroupCommand({ logGroupName: target, logGroupClass: 'INFREQUENT_ACCESS' }))
  // The first call finds no stream yet.
  pipeline.aws.faults.add({ effect: 'answerLost', operation: 'PutLogEvents', target, skip: 1, count: 1 })
  const writer = await pipeline.start(QUICK)
  const sent = await pipeline.send(newId(randomBytes), 5, [logs])
  const words = expect.stringMatching(/is of class INFREQUENT_ACCESS.*create the group anew, or use another one/)
  await expect.poll(laneStates, { timeout: 30_000 }).toMatchObject([{ state: 'held', lastError: words }])

  await client.send(new DeleteLogGroupCommand({ logGroupName: target }))
  await client.send(new CreateLogGroupCommand({ logGroupName: target }))
  const ids = sent.map(({ id }) => String(id))
  await expect.poll(() => pipeline.idsIn('cloudWatchLogs', target), { timeout: 30_000 }).toEqual(ids)
  await expect.poll(laneStates, { timeout: 20_000 }).toEqual([])
  client.destroy()
  await writer.stop()
})

it('events that CloudWatch Logs refuses for their age become dead letters with their reason; the rest is delivered', async () => {
  const logs = await pipeline.addDestination('cloudWatchLogs')
  const roomId = newId(randomBytes)
  const tooOld = await pipeline.send(roomId, 2, [logs], { timeMs: Date.now() - 20 * 86_400_000 })
  const fresh = await pipeline.send(roomId, 3, [logs])
  const writer = await pipeline.start()
  await expect.poll(() => pipeline.idsIn('cloudWatchLogs'), { timeout: 20_000 }).toEqual(fresh.map(({ id }) => id))
  await expect.poll(laneStates, { timeout: 20_000 }).toEqual([])
  const dead = await letters(pipeline.pool)
  expect(dead).toMatchObject(tooOld.map(({ id }) => ({ id, reason: expect.stringContaining('too old') })))
  expect(JSON.parse(String(dead[0]?.bytes)).payload.Id).toBe(tooOld[0]?.id)
  await writer.stop()
})
