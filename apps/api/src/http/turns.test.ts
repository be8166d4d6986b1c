import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createTurns } from './turns.ts'

test('an account starts so many requests in a turn, the rest in the next ones, and others do not wait for them', async () => {
  const turns = createTurns({ many: 2, few: 1 })
  const started: string[] = []
  const take = (name: string) => turns.take(name[0], () => started.push(name))
  for (const name of ['a1', 'a2', 'a3', 'a4', 'b1']) take(name)
  expect(started).toEqual(['a1', 'a2', 'b1'])
  await turn()
  expect(started.slice(3)).toEqual(['a3', 'a4'])
  take('b2')
  take('a5')
  expect(started.slice(5)).toEqual(['b2'])
  await turn()
  expect(started.slice(6)).toEqual(['a5'])
})

test('in a flood turns are short', async () => {
  const turns = createTurns({ many: 2, few: 1 })
  let started = 0
  for (let n = 0; n < 6; n += 1) turns.take('a', () => started++)
  const progress = [started]
  while (started < 6) {
    await turn()
    progress.push(started)
  }
  expect(progress).toEqual([2, 3, 4, 6])
})

test('an account that rests is forgotten, and starts at once when it comes back', async () => {
  const turns = createTurns({ many: 1, few: 1 })
  for (let n = 0; n < 3; n += 1) {
    let started = false
    turns.take('a', () => {
      started = true
    })
    expect(started).toBe(true)
    await turn()
    await turn()
  }
})
