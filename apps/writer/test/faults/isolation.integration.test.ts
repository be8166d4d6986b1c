import { randomBytes } from 'node:crypto'
import { type DestinationKind, type DestinationVersionId, newId, type RoomId } from '@roomlog/domain'
import { partitionOf } from '@roomlog/journal'
import type { CallRecord, Fault } from '@roomlog/local-aws'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { RunningWriter } from '../../src/start.ts'
import { type Pipeline, type Sent, startPipeline } from '../pipeline.ts'
import { callsTo, lanesOf, totalsOf } from './books.ts'
import { QUICK_VARIABLES, quickly } from './quick.ts'

const WAIT = { timeout: 40_000, interval: 50 }
const PARTITIONS = 4
const OPERATION = { s3: 'PutObject', cloudWatchLogs: 'PutLogEvents', firehose: 'PutRecordBatch' } as const
const KINDS: readonly DestinationKind[] = ['s3', 'cloudWatchLogs', 'firehose']
const SICKNESSES: Readonly<Record<string, Extract<Fault, { effect: 'accessDenied' | 'hang' | 'throttle' }>>> = {
  refuses: { effect: 'accessDenied' },
  'accepts connections and never answers': { effect: 'hang' },
  throttles: { effect: 'throttle' },
}

describe('one destination in trouble changes nothing for the others of the same rooms', () => {
  let pipeline: Pipeline
  let writer: RunningWriter
  let cases = 0

  beforeAll(async () => {
    pipeline = await startPipeline(PARTITIONS)
    writer = await pipeline.start(QUICK_VARIABLES, quickly)
  })
  afterAll(async () => {
    await writer?.stop()
    await pipeline?.close()
  })

  const rows = KINDS.flatMap((kind) =>
    Object.entries(SICKNESSES).map(([what, fault]) => ({ kind, name: `${kind} ${what}`, fault })),
  )

  it.concurrent.for(rows)('$name', async ({ kind, fault }, { expect }) => {
    const place = `case-${cases++}`
    const targets = new Map<DestinationKind, { target: string; id: DestinationVersionId }>()
    for (const one of KINDS) {
      const target = `${place}-${one.toLowerCase()}`
      await pipeline.createTarget(one, target)
      targets.set(one, { target, id: await pipeline.addDestination(one, target) })
    }
    const sick = targets.get(kind)
    if (!sick) throw new Error('no such kind')
    const others = [...targets.values()].filter((one) => one !== sick)
    const rooms = Array.from({ length: 6 }, () => newId(randomBytes))
    const partitions = new Set(rooms.map((roomId) => partitionOf(roomId, PARTITIONS)))
    const sent: Sent[] = []
    const sendRound = async () => {
      for (const roomId of rooms)
        sent.push(
          ...(await pipeline.send(
            roomId,
            3,
            [...targets.values()].map(({ id }) => id),
          )),
        )
    }
    const isSick = async () => {
      const lanes = await lanesOf(pipeline, sick.id)
      return lanes.length === partitions.size && lanes.every(({ state }) => state !== 'flowing')
    }

    const faultId = pipeline.aws.faults.add({ ...fault, operation: OPERATION[kind], target: sick.target })
    await sendRound()
    await expect.poll(isSick, WAIT).toBe(true)
    const before = (await callsTo(pipeline.aws, sick.target)).length

    for (let round = 0; round < 10; round++) await sendRound()
    for (const { id } of others) {
      await expect.poll(async () => (await totalsOf(pipeline, id)).settled, WAIT).toBe(sent.length)
    }
    // All of it arrived while the sick one was still sick and had nothing.
    expect(await isSick()).toBe(true)
    expect((await totalsOf(pipeline, sick.id)).settled).toBe(0)
    // One probe a lane.
    const probes = (await callsTo(pipeline.aws, sick.target)).slice(before)
    expect(openAtOnce(probes.filter(({ operation }) => operation === OPERATION[kind]))).toBeLessThanOrEqual(PARTITIONS)

    pipeline.aws.faults.remove(faultId)
    await expect.poll(async () => (await totalsOf(pipeline, sick.id)).settled, WAIT).toBe(sent.length)
    await pipeline.aws.flush()
    for (const [one, { target }] of targets) {
      const ids = await pipeline.idsIn(one, target)
      expect([...new Set(ids)].sort()).toEqual(sent.map(({ id }) => String(id)).sort())
      if (one === 'firehose') continue
      expect(ids).toHaveLength(sent.length)
      for (const roomId of rooms) expect(ids.filter(of(roomId, sent))).toEqual(idsOf(roomId, sent))
    }
  })
})

/** The most calls that were open at the same time. */
function openAtOnce(calls: readonly CallRecord[]): number {
  const edges = calls
    .flatMap(({ startedMs, endedMs }) => [
      { atMs: startedMs, by: 1 },
      { atMs: endedMs ?? Number.POSITIVE_INFINITY, by: -1 },
    ])
    .sort((a, b) => a.atMs - b.atMs || a.by - b.by)
  let [open, most] = [0, 0]
  for (const { by } of edges) {
    open += by
    most = Math.max(most, open)
  }
  return most
}

function idsOf(roomId: RoomId, sent: readonly Sent[]): string[] {
  return sent.filter((record) => record.roomId === roomId).map(({ id }) => String(id))
}

function of(roomId: RoomId, sent: readonly Sent[]): (id: string) => boolean {
  const mine = new Set(idsOf(roomId, sent))
  return (id) => mine.has(id)
}
