import { type HeldLease, toLeaseToken, toPartition } from '@roomlog/journal'
import { expect, it } from 'vitest'
import { createRetention } from './retention.ts'

const lease = (n: number): HeldLease => ({
  partition: toPartition(n),
  token: toLeaseToken(`00000000-0000-4000-8000-00000000000${n}`),
})

it('nothing is given up in a partition until its writer has had time to deliver it', async () => {
  const asked: number[] = []
  let nowMs = 0
  const enforce = createRetention({
    journal: {
      expire: async ({ partition }) => {
        asked.push(partition)
        return []
      },
    },
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs, after: () => () => {} },
    log: { debug() {}, info() {}, warn() {}, error() {} },
    limits: { keepMs: 1, bytesMax: 1 },
    patienceMs: 1_000,
    aboutOf: async () => undefined,
  })
  const worker = (n: number) => ({ lease: lease(n), reload() {} })
  await enforce([worker(0)])
  nowMs = 999
  await enforce([worker(0), worker(1)])
  expect(asked).toEqual([])
  nowMs = 1_000
  await enforce([worker(0), worker(1)])
  expect(asked).toEqual([0])
  // Another writer had it in between.
  await enforce([worker(1)])
  nowMs = 2_000
  await enforce([worker(0), worker(1)])
  expect(asked).toEqual([0, 1])
})
