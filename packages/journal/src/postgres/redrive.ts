import { MessageId, RoomId } from '@roomlog/domain'
import type pg from 'pg'
import { BATCH_BYTES_MAX } from '../batch-size.ts'
import { toPartition } from '../partition.ts'
import type { Partition, RedriveOutcome, RedriveRequest } from '../port.ts'
import type { JournalTime } from '../time/journal-time.ts'
import { appendWithin } from './append.ts'
import { inTransaction } from './transaction.ts'

const CHOOSE = `
select id, partition, octet_length(record) as bytes
  from dead_letter
 where destination_version_id = any($1::integer[]) and ($2::bigint[] is null or id = any($2))
 order by id limit $3`

// What another redrive is about to send is left to it.
const TAKE = `
select id, room_id, record_id, record, floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now_ms
  from dead_letter where id = any($1::bigint[]) order by id for update skip locked`

const FORGET = 'delete from dead_letter where id = any($1::bigint[])'

/** Appends dead letters again and deletes them, a transaction for each batch. */
export async function redrive(
  pool: pg.Pool,
  mayPack: boolean,
  time: JournalTime | undefined,
  request: RedriveRequest,
): Promise<RedriveOutcome> {
  const { rows } = await pool.query<Chosen>(CHOOSE, [request.from, request.letterIds, request.lettersMax])
  let letters = 0
  for (const batch of batchesOf(rows)) {
    const sent = await inTransaction(pool, (client) => sendAgain(client, mayPack, time, request, batch))
    if (sent === 'stale') return { status: 'stale', letters }
    letters += sent
  }
  return { status: 'redriven', letters }
}

type Chosen = { readonly id: string | number; readonly partition: number; readonly bytes: number }
type Batch = { readonly partition: Partition; readonly ids: (string | number)[]; bytes: number }

function batchesOf(chosen: readonly Chosen[]): readonly Batch[] {
  const filling = new Map<number, Batch>()
  const batches: Batch[] = []
  for (const { id, partition, bytes } of chosen) {
    let batch = filling.get(partition)
    if (!batch || batch.bytes + bytes > BATCH_BYTES_MAX) {
      batch = { partition: toPartition(partition), ids: [], bytes: 0 }
      filling.set(partition, batch)
      batches.push(batch)
    }
    batch.ids.push(id)
    batch.bytes += bytes
  }
  return batches
}

async function sendAgain(
  client: pg.PoolClient,
  mayPack: boolean,
  time: JournalTime | undefined,
  request: RedriveRequest,
  batch: Batch,
): Promise<number | 'stale'> {
  const { rows } = await client.query(TAKE, [batch.ids])
  if (rows.length === 0) return 0
  const position = await appendWithin(client, mayPack, time, {
    partition: batch.partition,
    appendId: request.newAppendId(),
    configVersion: request.configVersion,
    records: rows.map((row) => ({
      roomId: RoomId.parse(row.room_id),
      id: MessageId.parse(row.record_id),
      timeMs: time?.nowMs() ?? row.now_ms,
      destinations: [request.to],
      bytes: row.record,
    })),
  })
  if (position === undefined) return 'stale'
  await client.query(FORGET, [rows.map((row) => row.id)])
  return rows.length
}
