import { toPosition } from '@roomlog/journal'
import { expect, test } from 'vitest'
import { aCycle } from '../../test/scripted-delivery.ts'
import { Checkpoint } from './checkpoint.ts'

const mark = (position: number) => ({ position: toPosition(position), appendId: undefined })

function started() {
  const passed: number[] = []
  const checkpoint = new Checkpoint(mark(0), (records) => passed.push(records))
  const meet = (until: number) => {
    const [first] = aCycle(1).records.all()
    if (!first) throw new Error('no record')
    checkpoint.ghosts.set(first.roomId, { first, until: toPosition(until) })
  }
  return { checkpoint, passed, meet }
}

test('a settled cycle moves it, and is counted then', () => {
  const { checkpoint, passed } = started()
  checkpoint.settle(mark(10), 7)
  expect(checkpoint.at).toEqual(mark(10))
  expect(passed).toEqual([7])
})

test('an object that ends beyond its cycle holds it back, until all was read up to there; only then is it counted', () => {
  const { checkpoint, passed, meet } = started()
  meet(15)
  checkpoint.settle(mark(10), 7)
  checkpoint.settleAll(mark(14))
  expect(checkpoint).toMatchObject({ at: mark(0), isHeldBack: true })
  expect(passed).toEqual([])
  checkpoint.settle(mark(20), 5)
  checkpoint.settleAll(mark(20))
  expect(checkpoint).toMatchObject({ at: mark(20), isHeldBack: false })
  expect(passed).toEqual([12])
})

test('a lane that starts over builds what was not passed again, so that it is counted once', () => {
  const { checkpoint, passed, meet } = started()
  meet(15)
  checkpoint.settle(mark(10), 7)
  checkpoint.startOver()
  checkpoint.settle(mark(20), 12)
  expect(checkpoint.at).toEqual(mark(20))
  expect(passed).toEqual([12])
})
