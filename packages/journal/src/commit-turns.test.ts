import { expect, test } from 'vitest'
import { createCommitTurns } from './commit-turns.ts'

/** Turns, and a clock that stands still until it is told. */
function setUp(atOnce: number) {
  const sleeping: { readonly ms: number; wake(): void }[] = []
  const sleep = (ms: number) => new Promise<void>((wake) => sleeping.push({ ms, wake }))
  const turns = createCommitTurns({ atOnce, waitMaxMs: 5, sleep })
  const began: string[] = []
  const begin = (name: string) => void turns.enter().then(() => began.push(name))
  return { turns, began, begin, sleeping }
}

/** All that can go on without the clock has gone on. */
const settled = () => new Promise(setImmediate)

test('as many as may be under way begin at once, the others in turn as these end', async () => {
  const { turns, began, begin } = setUp(2)
  for (const name of ['a', 'b', 'c', 'd']) begin(name)
  await settled()
  expect(began).toEqual(['a', 'b'])
  turns.leave()
  await settled()
  expect(began).toEqual(['a', 'b', 'c'])
  turns.leave()
  turns.leave()
  await settled()
  expect(began).toEqual(['a', 'b', 'c', 'd'])
})

test('those under way may hang: the others begin once they have waited long enough', async () => {
  const { began, begin, sleeping } = setUp(1)
  for (const name of ['hangs', 'b', 'c']) begin(name)
  await settled()
  expect(sleeping.map(({ ms }) => ms)).toEqual([5, 5])
  sleeping[0]?.wake()
  await settled()
  expect(began).toEqual(['hangs', 'b'])
  sleeping[1]?.wake()
  await settled()
  expect(began).toEqual(['hangs', 'b', 'c'])
})

test('more than may be under way, because they waited too long, must end before another begins early', async () => {
  const { turns, began, begin, sleeping } = setUp(1)
  for (const name of ['hangs', 'b', 'c']) begin(name)
  await settled()
  sleeping[0]?.wake()
  await settled()
  turns.leave()
  await settled()
  expect(began).toEqual(['hangs', 'b'])
  turns.leave()
  await settled()
  expect(began).toEqual(['hangs', 'b', 'c'])
})

test('who had its turn has none again when its wait is over', async () => {
  const { turns, began, begin, sleeping } = setUp(1)
  for (const name of ['a', 'b', 'c']) begin(name)
  await settled()
  turns.leave()
  await settled()
  sleeping[0]?.wake()
  await settled()
  expect(began).toEqual(['a', 'b'])
  turns.leave()
  await settled()
  expect(began).toEqual(['a', 'b', 'c'])
})
