import { randomBytes } from 'node:crypto'
import { newId } from '@roomlog/domain'
import { afterAll, beforeAll, describe, it } from 'vitest'
import type { RunningWriter } from '../../src/start.ts'
import { type Pipeline, type Sent, startPipeline } from '../pipeline.ts'
import { deadLettersOf, lanesOf, totalsOf } from './books.ts'
import { QUICK_VARIABLES, quickly } from './quick.ts'

const WAIT = { timeout: 60_000, interval: 50 }
const ROOMS = 7
const RECORDS_PER_ROOM = 29
/** So many calls would have had most of the records buried, when a refused batch was halved down at once. */
const REFUSALS = 40

// Six seconds of SubscriptionRequiredException, which passed by itself, had 188 of 203 acknowledged records buried.
describe('a destination that refuses every call for a while has nothing buried for it', () => {
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

  const rows = (['cloudWatchLogs', 'firehose'] as const).flatMap((kind) =>
    [
      'SubscriptionRequiredException',
      kind === 'firehose' ? 'InvalidArgumentException' : 'InvalidParameterException',
    ].map((error) => ({ kind, error, operation: kind === 'firehose' ? 'PutRecordBatch' : 'PutLogEvents' })),
  )

  it.concurrent.for(rows)('$kind: $error', async ({ kind, error, operation }, { expect }) => {
    const target = `refusing-${kind}-${error}`.toLowerCase().slice(0, 50)
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
    expect(dead.length).toBeLessThanOrEqual(error === 'SubscriptionRequiredException' ? 0 : ROOMS)
    expect((await totalsOf(pipeline, destination)).settled).toBe(sent.length)
    if (kind === 'firehose') await pipeline.aws.flush()
    const ids = await pipeline.idsIn(kind, target)
    expect(ids.length + dead.length).toBe(sent.length)
    expect(new Set([...ids, ...dead])).toEqual(new Set(sent.map(({ id }) => id)))
    if (kind === 'firehose' || error !== 'SubscriptionRequiredException') return
    for (const roomId of new Set(sent.map((record) => record.roomId))) {
      const mine = sent.filter((record) => record.roomId === roomId).map(({ id }) => String(id))
      expect(ids.filter((id) => mine.includes(id))).toEqual(mine)
    }
  })

  it('a record that is refused alone by an unknown name is held until a person sets it aside, and says so', async ({
    expect,
  }) => {
    const [kind, target] = ['firehose', 'set-aside'] as const
    await pipeline.createTarget(kind, target)
    const destination = await pipeline.addDestination(kind, target)
    const operation = 'PutRecordBatch'
    const fault = pipeline.aws.faults.add({ effect: 'error', operation, target, status: 400, name: 'Novel' })
    const sent = await pipeline.send(newId(randomBytes), 3, [destination])
    const [first] = sent
    const says = async () => (await lanesOf(pipeline, destination)).map(({ last_error }) => last_error).join()
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
