import { expect, test } from 'vitest'
import { median, percentile } from './statistics.ts'

test('the median is the middle one, or between the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([4, 1, 2, 3])).toBe(2.5)
})

test('99 in 100 values do not exceed the 99th percentile', () => {
  const values = Array.from({ length: 1_000 }, (_, n) => 1_000 - n)
  expect(percentile(values, 0.5)).toBe(500)
  expect(percentile(values, 0.99)).toBe(990)
  expect(percentile([7], 0.99)).toBe(7)
})
