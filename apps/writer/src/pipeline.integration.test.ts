import { randomBytes } from 'node:crypto'
import { type DestinationKind, newId } from '@roomlog/domain'
import { lanes } from '@roomlog/journal/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Pipeline, type Sent, startPipeline } from '../test/pipeline.ts'

const KINDS: readonly DestinationKind[] = ['s3', 'cloudWatchLogs', 'firehose']

describe('the pipeline', () => {
  let pipeline: Pipeline

  beforeAll(async () => {
    pipeline = await startPipeline()
  })
  afterAll(async () => {
    await pipeline.close()
  })

  it('delivers every record of several rooms once to all three destinations, and S3 and CloudWatch Logs show the order of each room', async () => {
    const destinations = await Promise.all(KINDS.map((kind) => pipeline.addDestination(kind)))
    const rooms = Array.from({ length: 6 }, () => newId(randomBytes))
    const writer = await pipeline.start()
    const sent: Sent[] = []
    for (let round = 0; round < 10; round++) {
      for (const roomId of rooms) sent.push(...(await pipeline.send(roomId, 7, destinations)))
    }
    for (const kind of KINDS) {
      await expect.poll(() => pipeline.idsIn(kind), { timeout: 20_000, interval: 200 }).toHaveLength(sent.length)
      const ids = await pipeline.idsIn(kind)
      expect(new Set(ids)).toEqual(new Set(sent.map(({ id }) => id)))
      // Firehose names its files by the second and a random part: their order says nothing.
      if (kind === 'firehose') continue
      for (const roomId of rooms) {
        const mine = sent.filter((record) => record.roomId === roomId).map(({ id }) => String(id))
        const wanted = new Set(mine)
        expect(ids.filter((id) => wanted.has(id))).toEqual(mine)
      }
    }
    await writer.stop()
    expect(await lanes(pipeline.pool)).toEqual([])
  })
})
