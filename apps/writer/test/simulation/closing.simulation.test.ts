import { expect, it } from 'vitest'
import { loneWriters } from '../lone-writer.ts'

it('what a lane settles while its row is being deleted is counted too', async () => {
  const { time, late, append, giveUp, start, delivered } = loneWriters('s3', () => ({ status: 'delivered' }))
  // The version that was made first: no other has to drain before it.
  await append(2)
  await giveUp(2)
  late.settleMs = 70_000
  const stop = start()
  // Has the row of the settled lane deleted.
  await append(1)
  await time.advance(1_000)
  await append(2)
  // That is not answered before the lane has delivered what came meanwhile.
  await time.advance(65_000)
  late.settleMs = 0
  await time.advance(120_000)
  expect(delivered()).toBe(2)
  await stop()
})
