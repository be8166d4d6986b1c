import { expect, test } from 'vitest'
import { fateOf, judge } from './judge.ts'

const changes = [
  { calledMs: 100, answeredMs: 110, attached: true },
  { calledMs: 200, answeredMs: 210, attached: false },
]
const record = (id: string, sentMs: number, acknowledgedMs: number) => ({ id, sentMs, acknowledgedMs })

test.each([
  ['before all changes', 10, 90, 'foreign'],
  ['acknowledged while it is attached', 90, 105, 'open'],
  ['sent while it is attached', 105, 120, 'open'],
  ['attached all the time', 120, 190, 'owed'],
  ['over both changes', 90, 220, 'open'],
  ['after all changes', 220, 230, 'foreign'],
])('the fate of a record: %s', (_, sentMs, acknowledgedMs, fate) => {
  expect(fateOf(record('x', sentMs, acknowledgedMs), changes)).toBe(fate)
})

test('what is missing, foreign, repeated or out of order is told', () => {
  const sent = [record('a', 10, 20), record('b', 120, 130), record('c', 140, 150), record('d', 195, 205)]
  expect(judge(sent, changes, ['b', 'c', 'd'])).toMatchObject({
    counts: { owed: 2, foreign: 1, open: 1 },
    missing: [],
    intruders: [],
    repeats: 0,
    inOrder: true,
    openThere: ['d'],
  })
  expect(judge(sent, changes, ['c', 'b', 'c'])).toMatchObject({ missing: [], repeats: 1, inOrder: false })
  expect(judge(sent, changes, ['a', 'c', 'z'])).toMatchObject({ missing: ['b'], intruders: ['z', 'a'] })
})
