import { randomBytes, randomUUID } from 'node:crypto'
import { newId } from '@roomlog/domain'
import { age, lanes, totals } from '@roomlog/journal/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Pipeline, startPipeline } from '../test/pipeline.ts'
import { createDestinations } from './destinations.ts'
import { parseEnv } from './env.ts'
import { keepHouse } from './housekeeping.ts'
import { createPacer } from './pacer.ts'
import { systemClock } from './system-clock.ts'
import { createWriter } from './writer.ts'

const HOUR_MS = 3_600_000
const RETENTION = { keepMs: 7 * 24 * HOUR_MS, bytesMax: 1_000_000_000 }

let pipeline: Pipeline
let logged: object[]
beforeEach(async () => {
  pipeline = await startPipeline()
  logged = []
})
afterEach(async () => {
  await pipeline.close()
})

/** A writer as it runs in production, with a retention that does not wait for minutes. */
function start() {
  const { journal, pool } = pipeline
  const env = parseEnv({
    DATABASE_URL: 'postgres://unused',
    AWS_REGION: 'us-east-1',
    ROOMLOG_S3_FLUSH_SECONDS: '1',
    ROOMLOG_LINGER_MS: '50',
  })
  if (!env.ok) throw new Error(env.message)
  const clock = systemClock
  const log = { debug() {}, info() {}, warn() {}, error: (facts: object) => void logged.push(facts) }
  const destinations = createDestinations({
    pool,
    env: env.env,
    readBackTurn: createPacer(clock, 10),
  })
  const settings = {
    writerId: randomUUID(),
    leaseMs: 8_000,
    rollEveryMs: 500,
    pollEveryMs: 20,
    pollIdleEveryMs: 50,
    bufferBytesMax: 64 * 1024 * 1024,
    wholeBytesMin: 1_000,
    readBytesMax: 1_000_000,
    readsMax: 4,
    catchUpRecords: 2_000,
    turnsMax: 4,
  }
  const writer = createWriter({ journal, destinations, clock, random: Math.random, randomUUID, log, settings })
  const ending = new AbortController()
  const time = { nowMs: () => Date.now(), sure: () => true }
  const pace = { expireEveryMs: 500, patienceMs: 500 }
  const running = Promise.all([
    writer.run(),
    keepHouse({ journal, pool, destinations, writer, clock, time, log, retention: RETENTION, pace }, ending.signal),
  ])
  return async () => {
    ending.abort()
    await writer.stop(5_000)
    await running
    destinations.close()
  }
}

const laneStates = async () => (await lanes(pipeline.pool)).map(({ state }) => ({ state }))
const givenUp = async () =>
  (await totals(pipeline.pool))
    .filter((at) => at.givenUp > 0)
    .map(({ destinationVersionId, givenUp: records }) => ({ id: destinationVersionId, records }))

it('a dead destination loses what is too old, counted and told; others lose nothing, and what is newer arrives', async () => {
  const [s3, logs] = [await pipeline.addDestination('s3'), await pipeline.addDestination('cloudWatchLogs')]
  pipeline.aws.faults.add({ effect: 'accessDenied', service: 's3', operation: 'PutObject' })
  const stop = start()
  const roomId = newId(randomBytes)
  const nowMs = Date.now()
  const old = await pipeline.send(roomId, 4, [s3, logs], { timeMs: nowMs - 2 * HOUR_MS })
  const young = [
    ...(await pipeline.send(roomId, 3, [s3, logs], { timeMs: nowMs - HOUR_MS })),
    ...(await pipeline.send(roomId, 2, [s3, logs], { timeMs: nowMs })),
  ]
  const idsOf = (sent: readonly { readonly id: string }[]) => sent.map(({ id }) => String(id))
  await expect.poll(() => pipeline.idsIn('cloudWatchLogs'), { timeout: 20_000 }).toEqual(idsOf([...old, ...young]))
  await expect.poll(laneStates, { timeout: 20_000 }).toEqual([{ state: 'held' }])
  expect(await givenUp()).toEqual([])

  await age(pipeline.pool, 8 * 24 * HOUR_MS, 4)
  await expect.poll(givenUp, { timeout: 20_000 }).toEqual([{ id: s3, records: 4 }])
  await expect
    .poll(() => logged)
    .toContainEqual(expect.objectContaining({ event: 'retention.gave.up', destinationVersionId: s3, records: 4 }))

  pipeline.aws.faults.clear()
  await expect.poll(() => pipeline.idsIn('s3'), { timeout: 30_000 }).toEqual(idsOf(young))
  const later = await pipeline.send(roomId, 2, [s3, logs])
  await expect.poll(() => pipeline.idsIn('s3'), { timeout: 30_000 }).toEqual(idsOf([...young, ...later]))
  await expect.poll(() => pipeline.idsIn('cloudWatchLogs')).toHaveLength(old.length + young.length + later.length)
  await expect.poll(laneStates, { timeout: 20_000 }).toEqual([])
  expect(await givenUp()).toEqual([{ id: s3, records: 4 }])
  await stop()
})
