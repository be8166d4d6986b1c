import { expect, test } from 'vitest'
import { seeded } from './random.ts'
import { createRounds, SERVICES } from './rounds.ts'

function draw(seed: number, count: number) {
  return Array.from({ length: count }, createRounds(seeded(seed)))
}

test('a seed draws the same rounds again, another one others', () => {
  expect(draw(7, 50)).toEqual(draw(7, 50))
  expect(draw(8, 50)).not.toEqual(draw(7, 50))
})

test('a thousand rounds have something of every kind, and calls of each destination before and after their effect', () => {
  const rounds = draw(1, 1_000)
  expect(new Set(rounds.map(({ kind }) => kind)).size).toBe(8)
  const calls = rounds.filter((round) => round.kind === 'call')
  for (const service of SERVICES) {
    for (const point of ['before', 'after']) {
      expect(calls.filter((call) => call.service === service && call.point === point).length).toBeGreaterThan(90)
    }
  }
})
