import { randomBytes } from 'node:crypto'
import { CloudWatchLogsClient, PutRetentionPolicyCommand } from '@aws-sdk/client-cloudwatch-logs'
import { newId, type RoomId } from '@roomlog/domain'
import { partitionOf } from '@roomlog/journal'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Pipeline, startPipeline, TARGETS } from '../pipeline.ts'
import { deadLettersOf, lanesOf, totalsOf } from './books.ts'
import { QUICK_VARIABLES, quickly } from './quick.ts'

const WAIT = { timeout: 40_000, interval: 50 }
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const PARTITIONS = 2

/** A partition's time never falls, and a test's records have odd times: a pipeline for each. */
let pipeline: Pipeline
beforeEach(async () => {
  pipeline = await startPipeline(PARTITIONS)
})
afterEach(async () => {
  await pipeline.close()
})

function roomOn(partition: number): RoomId {
  for (;;) {
    const roomId = newId(randomBytes)
    if (partitionOf(roomId, PARTITIONS) === partition) return roomId
  }
}

const ROWS = [
  { what: 'older than 14 days', offMs: -20 * DAY_MS, reason: 'too old' },
  { what: "older than the log group's retention", offMs: -3 * DAY_MS, retentionInDays: 1, reason: 'retention' },
  { what: 'more than 2 hours ahead', offMs: 3 * HOUR_MS, reason: 'too new' },
]

it.each(ROWS)(
  'an event $what becomes a dead letter with its reason; the lane flows, and the rest is delivered',
  async (row) => {
    const { offMs, retentionInDays, reason } = row
    if (retentionInDays) await retain(retentionInDays)
    const destination = await pipeline.addDestination('cloudWatchLogs')
    const odd = await pipeline.send(roomOn(0), 2, [destination], { timeMs: Date.now() + offMs })
    // Behind the odd ones of its partition where time allows it, else beside them.
    const rest = await pipeline.send(roomOn(offMs > 0 ? 1 : 0), 3, [destination])
    const writer = await pipeline.start(QUICK_VARIABLES, quickly)
    await expect.poll(async () => (await totalsOf(pipeline, destination)).settled, WAIT).toBe(5)
    await expect.poll(() => lanesOf(pipeline, destination), WAIT).toEqual([])
    expect(await deadLettersOf(pipeline, destination)).toEqual(
      odd.map(({ id }) => ({ id, reason: expect.stringContaining(reason), written: id })),
    )
    expect(await totalsOf(pipeline, destination)).toMatchObject({ dead: 2, repeats: 0 })
    expect(await pipeline.idsIn('cloudWatchLogs')).toEqual(rest.map(({ id }) => String(id)))
    await writer.stop()
  },
)

async function retain(retentionInDays: number): Promise<void> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const client = new CloudWatchLogsClient({ region: 'us-east-1', endpoint: pipeline.aws.url, credentials })
  await client.send(new PutRetentionPolicyCommand({ logGroupName: TARGETS.cloudWatchLogs, retentionInDays }))
  client.destroy()
}
