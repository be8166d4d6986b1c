import { randomUUID } from 'node:crypto'
import { DestinationVersionId } from '@roomlog/domain'
import { type Journal, type NewRecord, type Partition, partitionOf, toAppendId } from '@roomlog/journal'
import type { RecordSource } from '../generator/records.ts'

/** As many as the api makes of calls of 500 with a few of them in flight. */
const BATCH_RECORDS = 500
const ROUND_RECORDS = 16_000

/** Appends records to the journal, in batches as the api makes them, for the destination versions 1 to `versions`. */
export async function fillJournal(
  journal: Journal,
  source: RecordSource,
  { records, versions }: { readonly records: number; readonly versions: 1 | 3 },
): Promise<void> {
  const destinations = (versions === 1 ? [1] : [1, 2, 3]).map((id) => DestinationVersionId.parse(id))
  const waiting = new Map<Partition, NewRecord[]>()
  for (let done = 0; done < records; done += ROUND_RECORDS) {
    const count = Math.min(ROUND_RECORDS, records - done)
    for (let i = 0; i < count; i++) {
      const record = { ...source.next(), destinations }
      const partition = partitionOf(record.roomId, journal.partitions)
      const queue = waiting.get(partition)
      if (queue) queue.push(record)
      else waiting.set(partition, [record])
    }
    const isLast = done + count >= records
    await Promise.all([...waiting].map(([partition, queue]) => drainQueue(journal, partition, queue, isLast)))
  }
}

async function drainQueue(journal: Journal, partition: Partition, queue: NewRecord[], isLast: boolean): Promise<void> {
  while (queue.length >= BATCH_RECORDS || (isLast && queue.length > 0)) {
    const outcome = await journal.append({
      partition,
      appendId: toAppendId(randomUUID()),
      configVersion: 1,
      records: queue.splice(0, BATCH_RECORDS),
    })
    if (outcome.status !== 'appended') throw new Error(`the journal could not be filled: ${outcome.status}`)
  }
}
