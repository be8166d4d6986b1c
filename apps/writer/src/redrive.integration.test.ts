import { randomBytes, randomUUID } from 'node:crypto'
import { type DestinationVersionId, newId } from '@roomlog/domain'
import { toAppendId, toPartition } from '@roomlog/journal'
import { letters } from '@roomlog/journal/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Pipeline, startPipeline } from '../test/pipeline.ts'

let pipeline: Pipeline
beforeEach(async () => {
  pipeline = await startPipeline()
})
afterEach(async () => {
  await pipeline.close()
})

const dead = async () => (await letters(pipeline.pool)).map(({ id }) => String(id))

const redrive = async (from: DestinationVersionId, to = from) =>
  pipeline.journal.redrive({
    from: [from],
    letterIds: undefined,
    lettersMax: 100,
    to,
    configVersion: await pipeline.journal.configVersion(toPartition(0)),
    newAppendId: () => toAppendId(randomUUID()),
  })

it('events that were too old are delivered once after a redrive, with the time of today', async () => {
  const logs = await pipeline.addDestination('cloudWatchLogs')
  const rooms = [newId(randomBytes), newId(randomBytes)]
  const old = { timeMs: Date.now() - 20 * 86_400_000 }
  const sent = []
  for (const room of rooms) sent.push(...(await pipeline.send(room, 3, [logs], old)))
  const ids = sent.map(({ id }) => String(id)).sort()
  const writer = await pipeline.start()
  await expect.poll(async () => (await dead()).sort(), { timeout: 20_000 }).toEqual(ids)
  expect(await redrive(logs)).toEqual({ status: 'redriven', letters: 6 })
  await expect.poll(async () => (await pipeline.idsIn('cloudWatchLogs')).sort(), { timeout: 20_000 }).toEqual(ids)
  expect(await dead()).toEqual([])
  await writer.stop()
})

it('letters go to the destination of now; what is refused again is a dead letter again', async () => {
  const [logs, s3] = [await pipeline.addDestination('cloudWatchLogs'), await pipeline.addDestination('s3')]
  const refused = { effect: 'error', status: 400, name: 'InvalidParameterException' } as const
  pipeline.aws.faults.add({ ...refused, operation: 'PutLogEvents' })
  const writer = await pipeline.start()
  const ids = (await pipeline.send(newId(randomBytes), 3, [logs])).map(({ id }) => String(id))
  await expect.poll(dead, { timeout: 20_000 }).toEqual(ids)
  expect(await redrive(logs)).toEqual({ status: 'redriven', letters: 3 })
  await expect.poll(dead, { timeout: 20_000 }).toEqual(ids)
  expect(await redrive(logs, s3)).toEqual({ status: 'redriven', letters: 3 })
  await expect.poll(() => pipeline.idsIn('s3'), { timeout: 20_000 }).toEqual(ids)
  expect(await dead()).toEqual([])
  expect(await pipeline.idsIn('cloudWatchLogs')).toEqual([])
  await writer.stop()
})
