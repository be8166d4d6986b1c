import { randomBytes } from 'node:crypto'
import { type DestinationKind, newId } from '@roomlog/domain'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { WriterEnv } from '../../src/env.ts'
import { KINDS } from '../../src/kinds/registry.ts'
import type { RunningWriter } from '../../src/start.ts'
import { type Pipeline, type Sent, startPipeline } from '../pipeline.ts'
import { deadLettersOf, lanesOf, totalsOf } from './books.ts'
import { QUICK_VARIABLES, quickly } from './quick.ts'

const WAIT = { timeout: 60_000, interval: 50 }
const ROOMS = 7
const RECORDS_PER_ROOM = 29
/** So many refusals had most of the records buried, when a refused batch was halved down at once. */
const REFUSALS = 40

/** Waits between probes as in production: they are what keeps records from being buried. */
function patiently(env: WriterEnv) {
  const { policyOf, ...rest } = quickly(env)
  return {
    ...rest,
    policyOf(kind: DestinationKind) {
      const quick = policyOf(kind)
      return { ...quick, waits: { ...quick.waits, probe: KINDS[kind].policy(env).waits.probe } }
    },
  }
}

// Six seconds of SubscriptionRequiredException, which passed by itself, had 188 of 203 acknowledged records buried.
describe.each([
  { what: 'by a name that is not known', isKnown: false, pace: quickly },
  { what: 'by a name that is known to be about records', isKnown: true, pace: patiently },
])('a destination that refuses every call for a while $what has nothing buried for it', ({ isKnown, pace }) => {
  let pipeline: Pipeline
  let writer: RunningWriter

  beforeAll(async () => {
    pipeline = await startPipeline()
    writer = await pipeline.start(QUICK_VARIABLES, pace)
  })
  afterAll(async () => {
    await writer?.stop()
    await pipeline?.close()
  })

  const rows = [
    { kind: 'cloudWatchLogs', operation: 'PutLogEvents', known: 'InvalidParameterException' },
    { kind: 'firehose', operation: 'PutRecordBatch', known: 'InvalidArgumentException' },
  ] as const

  it.concurrent.for(rows)('$kind', async ({ kind, operation, known }, { expect }) => {
    const target = `refusing-${kind}`.toLowerCase()
    const error = isKnown ? known : 'SubscriptionRequiredException'
    await pipeline.createTarget(kind, target)
    const destination = await pipeline.addDestination(kind, target)
    const fault = pipeline.aws.faults.add({ effect: 'error', operation, target, status: 400, name: error })
    const sent: Sent[] = []
    for (let n = 0; n < ROOMS; n++) {
      sent.push(...(await pipeline.send(newId(randomBytes), RECORDS_PER_ROOM, [destination])))
    }
    const struck = () => pipeline.aws.faults.list().find(({ id }) => id === fault)?.struck ?? 0
    await expect.poll(struck, WAIT).toBeGreaterThan(REFUSALS)
    await expect
      .poll(async () => (await lanesOf(pipeline, destination)).map(({ state }) => state), WAIT)
      .toContain('held')
    pipeline.aws.faults.remove(fault)

    await expect.poll(() => lanesOf(pipeline, destination), WAIT).toEqual([])
    const dead = (await deadLettersOf(pipeline, destination)).map(({ id }) => id)
    // Where the name is known to be about records, it may come back between one record and the next: that one looks guilty.
    expect(dead.length).toBeLessThanOrEqual(isKnown ? ROOMS : 0)
    expect((await totalsOf(pipeline, destination)).settled).toBe(sent.length)
    if (kind === 'firehose') await pipeline.aws.flush()
    const ids = await pipeline.idsIn(kind, target)
    expect(ids.length + dead.length).toBe(sent.length)
    expect(new Set([...ids, ...dead])).toEqual(new Set(sent.map(({ id }) => id)))
    if (kind === 'firehose' || isKnown) return
    for (const roomId of new Set(sent.map((record) => record.roomId))) {
      const mine = sent.filter((record) => record.roomId === roomId).map(({ id }) => String(id))
      expect(ids.filter((id) => mine.includes(id))).toEqual(mine)
    }
  })
})

describe('a record that is refused alone by an unknown name', () => {
  let pipeline: Pipeline
  let writer: RunningWriter

  beforeAll(async () => {
    pipeline = await startPipeline()
    writer = await pipeline.start(QUICK_VARIABLES, quickly)
  })
  afterAll(async () => {
    await writer?.stop()
    await pipeline?.close()
  })

  it('is held until a person sets it aside, and says so', async ({ expect }) => {
    const [kind, target] = ['firehose', 'set-aside'] as const
    await pipeline.createTarget(kind, target)
    const destination = await pipeline.addDestination(kind, target)
    const operation = 'PutRecordBatch'
    const fault = pipeline.aws.faults.add({ effect: 'error', operation, target, status: 400, name: 'Novel' })
    const sent = await pipeline.send(newId(randomBytes), 3, [destination])
    const [first] = sent
    const says = async () => (await lanesOf(pipeline, destination)).map(({ lastError }) => lastError).join()
    await expect.poll(says, WAIT).toContain(`Message ${first?.id} is refused alone`)
    expect(await says()).toContain('delivery.setAside')
    expect(await deadLettersOf(pipeline, destination)).toEqual([])
    await pipeline.pool.query('update destination_version set set_aside = $2 where id = $1', [destination, [first?.id]])
    // The next one is refused alone now.
    await expect.poll(says, WAIT).toContain(`Message ${sent[1]?.id} is refused alone`)
    pipeline.aws.faults.remove(fault)
    await expect.poll(() => lanesOf(pipeline, destination), WAIT).toEqual([])
    const letters = await deadLettersOf(pipeline, destination)
    expect(letters).toEqual([{ id: first?.id, reason: expect.stringContaining('Novel'), written: first?.id }])
    await pipeline.aws.flush()
    expect(new Set(await pipeline.idsIn(kind, target))).toEqual(new Set(sent.slice(1).map(({ id }) => id)))
  })
})
