import { randomBytes } from 'node:crypto'
import { newId } from '@roomlog/domain'
import { hide, lanes } from '@roomlog/journal/testing'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Pipeline, startPipeline } from '../test/pipeline.ts'

const WAIT = { timeout: 30_000 }
const ROOMS = 12

let pipeline: Pipeline
beforeEach(async () => {
  pipeline = await startPipeline()
})
afterEach(async () => {
  await pipeline.close()
})

it('a held destination, its recovery and buried records are one line each, and are listed by /readyz, which stays 200', async () => {
  const lines: { readonly event: string; readonly level: number }[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const told = (about: string) => lines.filter(({ event }) => event.startsWith(about))
  const logs = await pipeline.addDestination('cloudWatchLogs')
  const { rows } = await pipeline.pool.query('select logging_configuration_id as id from destination_version')
  const about = { configuration: rows[0].id, destination: '/chat/logs', kind: 'cloudWatchLogs' }
  const writer = await pipeline.start({}, () => ({ log }))
  const ready = async () => {
    const answer = await fetch(`${writer.url}/readyz`)
    return { status: answer.status, body: await answer.json() }
  }
  await expect.poll(ready, WAIT).toEqual({ status: 200, body: { status: 'ready' } })

  await pipeline.send(newId(randomBytes), 3, [logs], { timeMs: Date.now() - 20 * 86_400_000 })
  const buried = { event: 'record.buried', ...about, records: 3, reason: expect.stringContaining('too old') }
  await expect.poll(() => told('record.'), WAIT).toMatchObject([{ ...buried, level: 50 }])
  expect(await ready()).toMatchObject({ status: 200, body: { troubles: [buried] } })

  // In all partitions.
  const fault = pipeline.aws.faults.add({ effect: 'accessDenied', service: 'logs', operation: 'PutLogEvents' })
  for (let n = 0; n < ROOMS; n++) await pipeline.send(newId(randomBytes), 2, [logs])
  const held = {
    ...{ event: 'destination.held', ...about, error: 'AccessDeniedException' },
    ...{ reason: expect.stringContaining('logs:PutLogEvents'), nextProbe: expect.stringMatching(/Z$/) },
  }
  const lanesHeld = async () => (await lanes(pipeline.pool)).filter(({ state }) => state === 'held').length
  await expect.poll(lanesHeld, WAIT).toBeGreaterThan(1)
  expect(told('destination.')).toEqual([expect.objectContaining({ ...held, level: 50 })])
  expect(await ready()).toMatchObject({ status: 200, body: { troubles: [held, buried] } })

  pipeline.aws.faults.remove(fault)
  await expect.poll(() => told('destination.recovered'), WAIT).toMatchObject([{ ...about, level: 30 }])
  expect(told('destination.')).toHaveLength(2)
  expect(await ready()).toMatchObject({ status: 200, body: { status: 'ready', troubles: [buried] } })
  await writer.stop()
})

it('/readyz is 503 while the writer cannot extend its leases, and says so', async () => {
  const writer = await pipeline.start()
  const ready = async () => {
    const answer = await fetch(`${writer.url}/readyz`)
    return { status: answer.status, body: await answer.json() }
  }
  await expect.poll(ready, WAIT).toMatchObject({ status: 200 })
  const unhide = await hide(pipeline.pool, 'writers')
  await expect
    .poll(ready, WAIT)
    .toEqual({ status: 503, body: { status: 'not ready', reasons: ['The database cannot be reached'] } })
  await unhide()
  await expect.poll(ready, WAIT).toMatchObject({ status: 200 })
  await writer.stop()
})
