import { randomBytes } from 'node:crypto'
import { newId, type RoomId } from '@roomlog/domain'
import { partitionOf } from '@roomlog/journal'
import { progress, setFormat } from '@roomlog/journal/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Pipeline, startPipeline } from '../test/pipeline.ts'

let pipeline: Pipeline
beforeAll(async () => {
  pipeline = await startPipeline()
})
afterAll(() => pipeline.close())

it('records of a format that only a newer writer knows wait for one, nothing is skipped, and other partitions go on', async () => {
  const destinations = [await pipeline.addDestination('s3'), await pipeline.addDestination('cloudWatchLogs')]
  const [roomId, elsewhere] = [aRoom(), aRoom()]
  const idsOf = (sent: readonly { readonly id: string }[]) => sent.map(({ id }) => id)
  const before = idsOf(await pipeline.send(roomId, 3, destinations))
  const later = idsOf(await pipeline.send(roomId, 3, destinations))
  const behind = idsOf(await pipeline.send(roomId, 3, destinations))
  const partition = partitionOf(roomId, pipeline.journal.partitions)
  await setFormat(pipeline.pool, partition, 4, 5)

  const older = await pipeline.start()
  const others = idsOf(await pipeline.send(elsewhere, 3, destinations))
  const inBoth = async () => [await pipeline.idsIn('s3'), await pipeline.idsIn('cloudWatchLogs')]
  const readable = [...before, ...others].toSorted()
  const sorted = async () => (await inBoth()).map((ids) => ids.toSorted())
  await expect.poll(sorted, { timeout: 20_000 }).toEqual([readable, readable])
  const holder = async () => (await progress(pipeline.pool)).find((at) => at.partition === partition)?.owner
  await expect.poll(holder, { timeout: 20_000 }).toBeUndefined()
  const more = idsOf(await pipeline.send(elsewhere, 3, destinations))
  const allReadable = [...readable, ...more].toSorted()
  await expect.poll(sorted, { timeout: 20_000 }).toEqual([allReadable, allReadable])

  // A writer to which the format is known.
  await setFormat(pipeline.pool, partition, 4, 1)
  const newer = await pipeline.start()
  const all = [...allReadable, ...later, ...behind].toSorted()
  await expect.poll(sorted, { timeout: 20_000 }).toEqual([all, all])
  const inOrder = [...before, ...later, ...behind]
  const mine = new Set(inOrder)
  for (const ids of await inBoth()) expect(ids.filter((id) => mine.has(id))).toEqual(inOrder)
  await Promise.all([older.stop(), newer.stop()])
})

/** Each in a partition of its own. */
const taken = new Set<number>()
function aRoom(): RoomId {
  for (;;) {
    const room = newId(randomBytes)
    const partition = partitionOf(room, pipeline.journal.partitions)
    if (taken.has(partition)) continue
    taken.add(partition)
    return room
  }
}
