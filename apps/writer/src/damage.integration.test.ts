import { randomBytes } from 'node:crypto'
import { newId, type RoomId } from '@roomlog/domain'
import { partitionOf } from '@roomlog/journal'
import { setAside } from '@roomlog/journal/postgres'
import { damage, progress, totals, untouchedSince } from '@roomlog/journal/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Pipeline, type Sent, startPipeline } from '../test/pipeline.ts'

let pipeline: Pipeline
let errors: object[]
beforeEach(async () => {
  pipeline = await startPipeline()
  errors = []
  taken.clear()
})
afterEach(() => pipeline.close())

const log = { debug() {}, info() {}, warn() {}, error: (facts: object) => void errors.push(facts) }
/** Three times the timeout of a call, and the time to settle, are waited before a bucket is listed. */
const start = () => pipeline.start({ ROOMLOG_S3_REQUEST_TIMEOUT_SECONDS: '1' }, () => ({ log }))

const idsOf = (...sent: readonly (readonly Sent[])[]) => sent.flat().map(({ id }) => String(id))

async function arrived(kind: 's3' | 'cloudWatchLogs' | 'firehose', ids: readonly string[], among = ids) {
  const mine = new Set(among)
  await expect
    .poll(async () => (await pipeline.idsIn(kind)).filter((id) => mine.has(id)), { timeout: 30_000 })
    .toEqual(ids)
}

const partitionFor = (roomId: RoomId) => partitionOf(roomId, pipeline.journal.partitions)

const flip = (roomId: RoomId, position: number, part: 'index' | 'bytes') =>
  damage(pipeline.pool, partitionFor(roomId), position, part)

async function progressOf(roomId: RoomId) {
  const found = (await progress(pipeline.pool)).find(({ partition }) => partition === partitionFor(roomId))
  return found ?? expect.fail('the partition is there')
}

const givenUp = async () =>
  (await totals(pipeline.pool))
    .filter((at) => at.givenUp > 0)
    .map(({ destinationVersionId, givenUp: records }) => ({ id: destinationVersionId, records }))

it('damage holds its partition with one error line and its reason; set aside while a writer lives, all else arrives, once', async () => {
  const destinations = [
    await pipeline.addDestination('s3'),
    await pipeline.addDestination('cloudWatchLogs'),
    await pipeline.addDestination('firehose'),
  ]
  const [roomId, elsewhere] = [aRoom(), aRoom()]
  const before = await pipeline.send(roomId, 3, destinations)
  await pipeline.send(roomId, 3, destinations)
  const behind = await pipeline.send(roomId, 3, destinations)
  await flip(roomId, 4, 'bytes')
  const writer = await start()
  const partition = partitionFor(roomId)
  const others = await pipeline.send(elsewhere, 3, destinations)
  for (const kind of ['s3', 'cloudWatchLogs', 'firehose'] as const) {
    await arrived(kind, idsOf(before), idsOf(before, behind))
    await arrived(kind, idsOf(others))
  }

  const words = expect.stringContaining(`damaged at partition ${partition}, position 4`)
  await expect
    .poll(() => progressOf(roomId), { timeout: 10_000 })
    .toMatchObject({ trouble: words, troubleAt: 4, dispatched: 3 })
  expect(await (await fetch(`${writer.url}/readyz`)).json()).toEqual({
    status: 'ready',
    troubles: [{ event: 'journal.damaged', partition, position: 4, reason: words }],
  })
  // Tried again meanwhile.
  const more = await pipeline.send(elsewhere, 2, destinations)
  await arrived('s3', idsOf(others, more))
  expect(errors).toEqual([expect.objectContaining({ event: 'journal.damaged', partition, position: 4 })])

  expect(await setAside(pipeline.pool, partition, 5)).toMatchObject({ status: 'set aside', first: 4, last: 6 })
  const later = await pipeline.send(roomId, 2, destinations)
  const mine = idsOf(before, behind, later)
  for (const kind of ['s3', 'cloudWatchLogs', 'firehose'] as const) await arrived(kind, mine)
  expect(await givenUp()).toEqual(destinations.map((id) => ({ id, records: 3 })))
  expect(await progressOf(roomId)).toMatchObject({ trouble: undefined, troubleAt: undefined })
  await expect.poll(async () => (await fetch(`${writer.url}/readyz`)).json()).toEqual({ status: 'ready' })
  expect(await pipeline.idsIn('s3')).toHaveLength(mine.length + others.length + more.length)
  expect(errors).toHaveLength(1)
  await writer.stop()
})

it('what an object holds that begins in a tombstone is not sent again, though a life that was killed had not settled it', async () => {
  const s3 = [await pipeline.addDestination('s3')]
  const roomId = aRoom()
  const first = await pipeline.send(roomId, 3, s3)
  const one = await start()
  await arrived('s3', idsOf(first))
  await expect.poll(() => progressOf(roomId)).toMatchObject({ dispatched: 3 })
  await one.stop()
  const settled = await progressOf(roomId)

  const lost = await pipeline.send(roomId, 3, s3)
  const behind = await pipeline.send(roomId, 3, s3)
  const two = await start()
  await arrived('s3', idsOf(first, lost, behind))
  await two.stop()
  // As if it had been killed before it could write its progress down.
  await untouchedSince(pipeline.pool, settled)
  await flip(roomId, 4, 'index')
  expect(await setAside(pipeline.pool, partitionFor(roomId), 4)).toMatchObject({ status: 'set aside' })

  const three = await start()
  const later = await pipeline.send(roomId, 2, s3)
  await arrived('s3', idsOf(first, lost, behind, later))
  await expect.poll(() => progressOf(roomId), { timeout: 20_000 }).toMatchObject({ dispatched: 11 })
  await three.stop()
  expect(await pipeline.idsIn('s3')).toEqual(idsOf(first, lost, behind, later))
})

it('a row that is restored is delivered by the writer that lives, and nothing is given up', async () => {
  const s3 = [await pipeline.addDestination('s3')]
  const roomId = aRoom()
  const sent = await pipeline.send(roomId, 3, s3)
  await flip(roomId, 1, 'bytes')
  const writer = await start()
  await expect.poll(() => progressOf(roomId), { timeout: 10_000 }).toMatchObject({ troubleAt: 1 })
  await flip(roomId, 1, 'bytes')
  await arrived('s3', idsOf(sent))
  await expect.poll(() => progressOf(roomId), { timeout: 10_000 }).toMatchObject({ trouble: undefined, dispatched: 3 })
  expect(await givenUp()).toEqual([])
  await writer.stop()
})

/** Each in a partition of its own. */
function aRoom(): RoomId {
  for (;;) {
    const room = newId(randomBytes)
    if (taken.has(partitionFor(room))) continue
    taken.add(partitionFor(room))
    return room
  }
}
const taken = new Set<number>()
