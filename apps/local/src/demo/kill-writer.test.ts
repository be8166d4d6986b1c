import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Delivered, hasProgressed, killWriterEvery } from './kill-writer.ts'

const one = (delivered: number, backlog: number): Delivered => new Map([['a', { delivered, backlog }]])

test('progress is what every destination with a backlog has made', () => {
  expect(hasProgressed(one(5, 10), one(6, 9))).toBe(true)
  expect(hasProgressed(one(5, 10), one(5, 10))).toBe(false)
  expect(hasProgressed(one(5, 10), one(5, 0))).toBe(true)
  expect(hasProgressed(one(5, 0), one(5, 20))).toBe(true)
  const two = (a: number, b: number): Delivered =>
    new Map([
      ['a', { delivered: a, backlog: 1 }],
      ['b', { delivered: b, backlog: 1 }],
    ])
  expect(hasProgressed(two(1, 1), two(2, 1))).toBe(false)
})

test('a writer that never gets to deliver is let live until it does', async () => {
  let kills = 0
  let delivered = 0
  let polls = 0
  const kill = (): Promise<void> => {
    kills += 1
    return Promise.resolve()
  }
  const status = (): Promise<Delivered> => {
    polls += 1
    return Promise.resolve(one(delivered, 10))
  }
  const killer = killWriterEvery(0.001, { killWriter: kill }, status)
  while (polls < 10) await sleep(5)
  expect(kills).toBe(0)
  delivered += 1
  while (kills < 1) await sleep(5)
  expect(await killer.stop()).toBe(kills)
})
