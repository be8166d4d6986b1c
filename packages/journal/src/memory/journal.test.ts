import { expect, test } from 'vitest'
import type { JournalUnderTest } from '../journal.contract.ts'
import { describeKeys } from '../keys.contract.ts'
import { describeLedger } from '../ledger.contract.ts'
import { describeLog } from '../log.contract.ts'
import { toPartition } from '../partition.ts'
import { describeRedrive } from '../redrive.contract.ts'
import { describeRetention } from '../retention.contract.ts'
import { append, records, TIME_MS } from '../samples.contract.ts'
import { describeSetAside } from '../set-aside.contract.ts'
import { describeTime } from '../time/time.contract.ts'
import { createMemoryJournal } from './journal.ts'

async function open(): Promise<JournalUnderTest> {
  let nowMs = TIME_MS
  const believed = { aheadMs: 0, sure: true }
  const time = { nowMs: () => nowMs + believed.aheadMs, sure: () => believed.sure }
  const journal = createMemoryJournal({ partitions: 4, clock: { nowMs: () => nowMs }, time })
  return {
    journal,
    believe: (aheadMs, sure = true) => void Object.assign(believed, { aheadMs, sure }),
    transaction: (work) => work({ query: async () => [] }),
    markAbandoned: async () => {},
    elapse: async (ms) => {
      nowMs += ms
    },
    damage: async (partition, position, part) => void journal.damage(partition, position, part),
    setAside: async (partition, position) => journal.setAside(partition, position, (id) => id <= 3),
    backup: async () => {
      const kept = journal.snapshot()
      return async () => journal.restore(kept)
    },
  }
}

describeLog('in memory', open)
describeLedger('in memory', open)
describeKeys('in memory', open)
describeRetention('in memory', open)
describeRedrive('in memory', open)
describeTime('in memory', open)
describeSetAside('in memory', open)

test('a snapshot is not reached by later changes, and can be restored twice', async () => {
  const journal = createMemoryJournal({ partitions: 1, clock: { nowMs: () => TIME_MS } })
  const empty = journal.snapshot()
  for (let i = 0; i < 2; i++) {
    await append(journal, toPartition(0), records(2))
    expect(journal.inspect().partitions[0]?.head).toBe(2)
    journal.restore(empty)
    expect(journal.inspect().partitions[0]).toMatchObject({ head: 0, batches: [] })
  }
})
