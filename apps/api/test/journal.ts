import { createPool } from '@roomlog/db'
import { type Journal, type JournalBatch, START, toPartition } from '@roomlog/journal'
import { createPostgresJournal } from '@roomlog/journal/postgres'

export type Journaled = {
  readonly record: Readonly<Record<string, unknown>>
  readonly destinations: readonly number[]
  readonly roomId: string | undefined
  /** Effective time. */
  readonly timeMs: number
}

/** Every record in the journal, with the destination versions it is addressed to. */
export async function readJournal(databaseUrl: string): Promise<readonly Journaled[]> {
  const pool = createPool({ url: databaseUrl, max: 1, applicationName: 'test' })
  try {
    const journal = await createPostgresJournal({ pool })
    const found: Journaled[] = []
    for (let number = 0; number < journal.partitions; number += 1) {
      for (const batch of await batchesOf(journal, number)) {
        for (let i = 0; i < batch.room.length; i += 1) {
          const line = batch.bytes.subarray(batch.offset[i], batch.offset[i + 1]).toString()
          found.push({
            record: JSON.parse(line),
            destinations: batch.sets[batch.set[i] ?? -1] ?? [],
            roomId: batch.rooms[batch.room[i] ?? -1],
            timeMs: batch.timeMs[i] ?? 0,
          })
        }
      }
    }
    return found
  } finally {
    await pool.end()
  }
}

async function batchesOf(journal: Journal, number: number): Promise<readonly JournalBatch[]> {
  const all: JournalBatch[] = []
  for (;;) {
    const last = all.at(-1)
    const outcome = await journal.read({
      partition: toPartition(number),
      after: last?.lastPosition ?? START,
      afterAppendId: last?.appendId,
      bytesMax: 64 * 1024 * 1024,
    })
    if (outcome.status !== 'read') throw new Error(outcome.status)
    if (outcome.batches.length === 0) return all
    all.push(...outcome.batches)
  }
}
