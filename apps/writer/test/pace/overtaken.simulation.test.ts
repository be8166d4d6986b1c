import { expect, it } from 'vitest'
import { createFleet } from './fleet.ts'

const MIB = 1024 * 1024

it('an answer about the head that a read has overtaken is not taken for a restored database', async () => {
  const fleet = createFleet({
    partitions: 1,
    kinds: ['firehose'],
    callMs: 20,
    bufferBytesMax: 64 * MIB,
    readBytesMax: 4 * MIB,
    journalMs: 130,
  })
  const rooms = fleet.rooms(3)
  const writer = fleet.start()
  await fleet.time.advance(1_000)
  const worker = writer.partitions()[0]
  for (let n = 0; n < 200; n++) {
    await fleet.append(rooms)
    await fleet.time.advance(37)
  }
  await fleet.drain(1)
  expect(worker).toBeDefined()
  expect(writer.partitions()[0]).toBe(worker)
})
