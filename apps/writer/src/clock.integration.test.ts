import { randomBytes } from 'node:crypto'
import { newId } from '@roomlog/domain'
import { fakeDatabaseClock } from '@roomlog/embedded-postgres'
import { toPartition } from '@roomlog/journal'
import { batches, letters, progress } from '@roomlog/journal/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Pipeline, startPipeline } from '../test/pipeline.ts'

const HOUR_MS = 3_600_000
let pipeline: Pipeline
let shift: (aheadMs: number) => Promise<void>

beforeEach(async () => {
  pipeline = await startPipeline(1)
  shift = await fakeDatabaseClock(pipeline.pool)
})
afterEach(() => pipeline.close())

const count = async (sql: string) => Number((await pipeline.pool.query(sql)).rows[0].count)

it('a database clock that is 26 hours ahead abandons, gives up and trims nothing, and takes no lease away', {
  timeout: 90_000,
}, async () => {
  const { pool } = pipeline
  const logs = await pipeline.addDestination('cloudWatchLogs')
  const gone = await pipeline.addDestination('s3', 'no-such-bucket')
  await pipeline.send(newId(randomBytes), 2, [gone])
  await pool.query(
    `insert into logging_configuration (id, account_id, name, state, destination_version_id, deleting_since)
     select logging_configuration_id, account_id, '', 'DELETING', id, now() from destination_version where id = $1`,
    [gone],
  )
  const room = newId(randomBytes)
  const ids = (await pipeline.send(room, 3, [logs])).map(({ id }) => String(id))
  const writer = await pipeline.start()
  const delivered = () => pipeline.idsIn('cloudWatchLogs')
  await expect.poll(delivered, { timeout: 20_000 }).toEqual(ids)
  const tokens = async () => (await progress(pool)).map(({ token }) => token)
  const before = await tokens()

  await shift(26 * HOUR_MS)
  const reasons = async () => Object(await (await fetch(`${writer.url}/readyz`)).json()).reasons
  await expect.poll(reasons, { timeout: 20_000 }).toEqual([expect.stringContaining('has jumped')])
  // Another that starts now believes neither clock, and leaves the lease where it is.
  const other = await pipeline.start()
  // The first trim comes 15 s after the start.
  const since = Date.now()
  await expect.poll(() => Date.now() - since, { timeout: 20_000 }).toBeGreaterThan(10_000)
  await other.stop()
  await shift(0)
  await expect.poll(reasons, { timeout: 20_000 }).toBeUndefined()

  expect(await count('select count(*) from logging_configuration')).toBe(1)
  expect(await count('select count(*) from destination_version where abandoned_at is not null')).toBe(0)
  expect(await batches(pool)).toHaveLength(2)
  expect(await tokens()).toEqual(before)
  ids.push(...(await pipeline.send(room, 3, [logs])).map(({ id }) => String(id)))
  await expect.poll(delivered, { timeout: 20_000 }).toEqual(ids)
  expect(await letters(pool)).toEqual([])
  await writer.stop()
})

it('a partition that was left 26 hours ahead is healed while it is worked: CloudWatch Logs takes new records again', {
  timeout: 60_000,
}, async () => {
  const [logs, s3] = [await pipeline.addDestination('cloudWatchLogs'), await pipeline.addDestination('s3')]
  const writer = await pipeline.start()
  const room = newId(randomBytes)
  const send = async (aheadMs: number) => {
    const timeMs = Date.now() + aheadMs
    return (await pipeline.send(room, 2, [logs, s3], { timeMs })).map(({ id }) => String(id))
  }
  const poisoned = [...(await send(26 * HOUR_MS)), ...(await send(0))]
  const dead = async () => (await letters(pipeline.pool)).map(({ id }) => String(id))
  await expect.poll(dead, { timeout: 20_000 }).toEqual(poisoned)

  const healed = await pipeline.journal.healTime(toPartition(0), { dryRun: false })
  expect(healed.status).toBe('healed')
  const after = await send(0)
  await expect.poll(() => pipeline.idsIn('cloudWatchLogs'), { timeout: 20_000 }).toEqual(after)
  // Their keys sort before those of the time that was ahead.
  await expect.poll(() => pipeline.idsIn('s3'), { timeout: 20_000 }).toEqual([...after, ...poisoned])
  await writer.stop()
})
