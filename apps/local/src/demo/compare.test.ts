import { expect, test } from 'vitest'
import { compare, percentile } from './compare.ts'

const sent = new Map([
  ['r1', ['a', 'b', 'c']],
  ['r2', ['d']],
])

test('all there, once, in order', () => {
  expect(compare(sent, sent)).toEqual({ found: 4, missing: 0, repeats: 0, unknown: 0, inOrder: true })
})

test('a record that is not there is missing, also when its whole room is', () => {
  expect(compare(sent, new Map([['r1', ['a', 'c']]]))).toMatchObject({ found: 2, missing: 2, inOrder: true })
})

test('a repeat counts as one, and does not disturb the order of first appearances', () => {
  const read = new Map([
    ['r1', ['a', 'b', 'a', 'b', 'c']],
    ['r2', ['d']],
  ])
  expect(compare(sent, read)).toEqual({ found: 4, missing: 0, repeats: 2, unknown: 0, inOrder: true })
})

test('records of a room that changed places are out of order', () => {
  expect(compare(sent, new Map([['r1', ['b', 'a', 'c']]])).inOrder).toBe(false)
})

test('a record in another room is missing from its own and unknown there', () => {
  const read = new Map([
    ['r1', ['a', 'b', 'c', 'd']],
    ['r3', ['x']],
  ])
  expect(compare(sent, read)).toMatchObject({ found: 3, missing: 1, unknown: 2 })
})

test('a percentile is a value that was measured', () => {
  expect(percentile([], 0.5)).toBeUndefined()
  expect(percentile([5], 0.99)).toBe(5)
  expect(percentile([4, 1, 3, 2], 0.5)).toBe(2)
  expect(
    percentile(
      Array.from({ length: 100 }, (_, index) => index + 1),
      0.99,
    ),
  ).toBe(99)
})
