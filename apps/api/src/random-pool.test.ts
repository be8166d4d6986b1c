import { expect, test } from 'vitest'
import { createRandomPool } from './random-pool.ts'

test('bytes come in the order they were drawn and none of them twice', () => {
  let next = 0
  const draw = createRandomPool((n) => Uint8Array.from({ length: n }, () => next++ % 256), 8)
  expect([...draw(3), ...draw(5)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect([...draw(6)]).toEqual([8, 9, 10, 11, 12, 13])
  expect([...draw(3)]).toEqual([16, 17, 18])
  expect(draw(20)).toHaveLength(20)
})
