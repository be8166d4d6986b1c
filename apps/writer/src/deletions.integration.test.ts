import { randomBytes } from 'node:crypto'
import { newId } from '@roomlog/domain'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Pipeline, startPipeline } from '../test/pipeline.ts'
import { finishDeletions } from './deletions.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const rightTime = { nowMs: () => Date.now(), sure: () => true }
let pipeline: Pipeline

beforeAll(async () => {
  pipeline = await startPipeline()
})
afterAll(async () => {
  await pipeline.close()
})

async function deleting(since: string) {
  const version = await pipeline.addDestination('s3')
  const { rows } = await pipeline.pool.query(
    `insert into logging_configuration (id, account_id, name, state, destination_version_id, deleting_since)
     select logging_configuration_id, account_id, '', 'DELETING', id, now() - $2::interval
       from destination_version where id = $1 returning id`,
    [version, since],
  )
  const exists = async () => {
    const found = await pipeline.pool.query('select from logging_configuration where id = $1', [rows[0].id])
    return found.rowCount === 1
  }
  return { version, exists }
}

it('a configuration that is being deleted stays until all that is owed has been delivered', async () => {
  const { version, exists } = await deleting('1 minute')
  await pipeline.send(newId(randomBytes), 3, [version])
  await finishDeletions(pipeline, rightTime, silent)
  expect(await exists()).toBe(true)
  const writer = await pipeline.start()
  await expect.poll(exists, { timeout: 20_000 }).toBe(false)
  expect(await pipeline.idsIn('s3')).toHaveLength(3)
  await writer.stop()
})

it('a backlog that does not drain in 24 hours is given up, and counted; not by a clock that has jumped', async () => {
  const { version, exists } = await deleting('25 hours')
  await pipeline.send(newId(randomBytes), 4, [version])
  await finishDeletions(pipeline, { ...rightTime, sure: () => false }, silent)
  expect(await exists()).toBe(true)
  await finishDeletions(pipeline, rightTime, silent)
  expect(await exists()).toBe(false)
  expect(await pipeline.journal.totals([version])).toMatchObject([{ givenUp: 4 }])
})
