import { expect, test, vi } from 'vitest'
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

// The first lane to be through was the end of each life: the open cycles of sixteen lanes took sixteen lives.
test('a writer that has delivered nothing lives as long again, not only until its first lane gets through', async () => {
  const events: string[] = []
  const deliveredAfter = [0, 0, 1, 2]
  let lived = 0
  const live = async (ms: number): Promise<boolean> => {
    events.push(`${ms} ms`)
    lived += 1
    return lived < deliveredAfter.length
  }
  const killer = killWriterEvery(
    5,
    { killWriter: async () => void events.push('killed') },
    async () => one(deliveredAfter[lived] ?? 0, 10),
    live,
  )
  await vi.waitFor(() => expect(lived).toBe(deliveredAfter.length))
  expect(await killer.stop()).toBe(events.filter((event) => event === 'killed').length)
  expect(events).toEqual(['5000 ms', '5000 ms', 'killed', '5000 ms', 'killed', '5000 ms'])
})
