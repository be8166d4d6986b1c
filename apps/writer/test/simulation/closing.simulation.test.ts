import { expect, it } from 'vitest'
import { loneWriters } from '../lone-writer.ts'

it('what a lane settles while its row is being deleted is counted too', async () => {
  const { time, late, append, giveUp, start, delivered } = loneWriters('s3', () => ({ status: 'delivered' }))
  await append(1)
  await giveUp(1)
  late.settleMs = 70_000
  const stop = start()
  // Has the row of the settled lane deleted.
  await append(2)
  await time.advance(1_000)
  await append(1)
  // That is not answered before the lane has delivered what came meanwhile.
  await time.advance(65_000)
  late.settleMs = 0
  await time.advance(120_000)
  expect(delivered()).toBe(2)
  await stop()
})
