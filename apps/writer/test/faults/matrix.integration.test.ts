import { randomBytes } from 'node:crypto'
import { newId } from '@roomlog/domain'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { RunningWriter } from '../../src/start.ts'
import { type Pipeline, type Sent, startPipeline } from '../pipeline.ts'
import { callsTo, deadLettersOf, lanesOf, totalsOf } from './books.ts'
import { QUICK_VARIABLES, quickly } from './quick.ts'
import { ROWS, type Row } from './rows.ts'

const WAIT = { timeout: 40_000, interval: 50 }

/** Each row has a destination of its own, so that one writer does them all, some at a time. */
describe.each(['s3', 'cloudWatchLogs', 'firehose'] as const)('%s: what its lanes do on', (kind) => {
  let pipeline: Pipeline
  let writer: RunningWriter
  let rows = 0

  beforeAll(async () => {
    pipeline = await startPipeline()
    writer = await pipeline.start(QUICK_VARIABLES, quickly)
  })
  afterAll(async () => {
    await writer?.stop()
    await pipeline?.close()
  })

  const named = ROWS[kind].map((row) => ({ ...row, name: `${row.what}: ${row.lane}` }))

  it.concurrent.for(named)('$name', async (row, { expect }) => {
    const target = `row-${rows++}`
    if (!row.missing) await pipeline.createTarget(kind, target)
    const faults = row.faults.map((fault) => pipeline.aws.faults.add({ ...fault, target }))
    const destination = await pipeline.addDestination(kind, target)
    const roomIds = Array.from({ length: row.buries ? 1 : 3 }, () => newId(randomBytes))
    const sent: Sent[] = []
    for (const roomId of roomIds) sent.push(...(await pipeline.send(roomId, 3, [destination])))

    const says = row.says.replace('*', target)
    if (row.lane !== 'flowing') {
      await expect
        .poll(() => lanesOf(pipeline, destination), WAIT)
        .toSatisfy(
          (lanes: Awaited<ReturnType<typeof lanesOf>>) =>
            lanes.length > 0 && lanes.every((lane) => isSick(lane, row, says)),
        )
      for (const id of faults) pipeline.aws.faults.remove(id)
      if (row.missing) await pipeline.createTarget(kind, target)
    }
    await expect.poll(() => lanesOf(pipeline, destination), WAIT).toEqual([])
    await expect.poll(() => totalsOf(pipeline, destination), WAIT).toMatchObject({ settled: sent.length })

    const totals = await totalsOf(pipeline, destination)
    if (row.lane === 'flowing') expect(totals.lastError).toContain(says)
    expect(totals.errors).toBeGreaterThan(0)
    expect(totals.denied > 0).toBe(row.counts === 'accessDenied')
    expect(totals.missing > 0).toBe(row.counts === 'notFound')

    const calls = await callsTo(pipeline.aws, target)
    const reads = calls.filter(({ operation }) => operation === (kind === 's3' ? 'HeadObject' : 'FilterLogEvents'))
    // A busy machine may lose an answer of its own.
    const lost = calls.filter(({ outcome, faults: struck }) => outcome === 'vanished' && struck.length === 0)
    // An S3 cycle that is begun again meets the objects that it got done.
    if (row.readsBack || (kind !== 's3' && lost.length === 0)) expect(reads.length > 0).toBe(row.readsBack === true)
    if (row.countsRepeats) expect(totals.repeats).toBeGreaterThan(0)

    const [culprit] = row.buries ? sent : []
    expect(await deadLettersOf(pipeline, destination)).toEqual(
      culprit ? [{ id: culprit.id, reason: expect.stringContaining(row.says), written: culprit.id }] : [],
    )
    const due = culprit ? sent.slice(1) : sent
    if (kind === 'firehose') await pipeline.aws.flush()
    const ids = await pipeline.idsIn(kind, target)
    const distinct = new Set(ids)
    expect(distinct).toEqual(new Set(due.map(({ id }) => id)))
    expect(ids.length - distinct.size).toBeLessThanOrEqual(kind === 'firehose' ? totals.repeats : 0)
    // Firehose names its files by the second and a random part: their order says nothing.
    if (kind === 'firehose') return
    for (const roomId of roomIds) {
      const mine = due.filter((record) => record.roomId === roomId).map(({ id }) => String(id))
      expect(ids.filter((id) => mine.includes(id))).toEqual(mine)
    }
  })
})

function isSick(
  { state, lastError }: Awaited<ReturnType<typeof lanesOf>>[number],
  { lane }: Row,
  says: string,
): boolean {
  return state === lane && lastError?.includes(says) === true
}
