import { createPool } from '@roomlog/db'
import { createPostgresJournal, START, toPartition } from '@roomlog/journal'

export type Journaled = { readonly record: Readonly<Record<string, unknown>>; readonly destinations: readonly number[] }

/** Every record in the journal, with the destination versions it is addressed to. */
export async function readJournal(databaseUrl: string): Promise<readonly Journaled[]> {
  const pool = createPool({ url: databaseUrl, max: 1, applicationName: 'test' })
  try {
    const journal = await createPostgresJournal({ pool })
    const found: Journaled[] = []
    for (let number = 0; number < journal.partitions; number += 1) {
      const from = {
        partition: toPartition(number),
        after: START,
        afterAppendId: undefined,
        bytesMax: 64 * 1024 * 1024,
      }
      const outcome = await journal.read(from)
      if (outcome.status !== 'read') throw new Error(outcome.status)
      for (const batch of outcome.batches) {
        for (let i = 0; i < batch.room.length; i += 1) {
          const line = batch.bytes.subarray(batch.offset[i], batch.offset[i + 1]).toString()
          found.push({ record: JSON.parse(line), destinations: batch.sets[batch.set[i] ?? -1] ?? [] })
        }
      }
    }
    return found
  } finally {
    await pool.end()
  }
}
