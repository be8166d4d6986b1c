import { expect, test } from 'vitest'
import { goalsOf } from './goals.ts'

const row = (cpuSecondsPerMillion: number) =>
  ({ name: 'writer.firehose', records: 1, runs: 1, cpuSecondsPerMillion }) as const

test('a slower machine gets more CPU time for the same goal', () => {
  expect(goalsOf(row(3.1), 7.6)).toEqual([{ text: 'CPU s per million at most 3', met: false }])
  expect(goalsOf(row(3.1), 15.2)).toEqual([{ text: 'CPU s per million at most 6', met: true }])
})

test('and fewer calls a second', () => {
  const single = { name: 'api.single', records: 1, runs: 1, details: { callsPerCpuSecond: 3_000 } } as const
  expect(goalsOf(single, 7.6).map(({ met }) => met)).toEqual([false])
  expect(goalsOf(single, 15.2).map(({ met }) => met)).toEqual([true])
})
