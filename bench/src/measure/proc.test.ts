import { expect, test } from 'vitest'
import { parseStat } from './proc.ts'

test('CPU time is read behind a name with spaces and parentheses', () => {
  const rest = 'S 41 42 42 0 -1 4194304 900 0 3 0 150 50 1000 25 20 0 8 0 12345 1000000 2000'
  expect(parseStat(`42 (post (gres) x) ${rest}`)).toEqual({
    pid: 42,
    parent: 41,
    ownSeconds: 2,
    endedChildrenSeconds: 10.25,
  })
})
