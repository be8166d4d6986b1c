import type pg from 'pg'
import type { AppendId } from '../port.ts'
import { withClient } from './with-client.ts'

// An append in all but its effect. Its bytes are stored as they are, so many that the table mostly has to grow for them;
// no partition has the position. The update changes no row, and takes the right to.
const PROBE = `
begin;
update journal_partition set head = head where partition = -1;
insert into journal_batch (partition, first_position, record_count, append_id, floor_time_ms, format,
                           destination_version_ids, destination_counts, index, records)
select partition, -1, 1, 'APPEND_ID', 0, 0, '{}', '{}', '', convert_to(repeat('0', 8192), 'UTF8')
  from journal_partition order by partition limit 1;
rollback`

const ANSWER_WITHIN_MS = 5_000

/** Fails where an append would fail now: no room, no table, no right to write. Leaves nothing behind. */
export async function probeAppend(pool: pg.Pool, appendId: AppendId): Promise<void> {
  // Of pg, though its types have it for a whole connection only.
  const limit = { query_timeout: ANSWER_WITHIN_MS }
  await withClient(pool, (client) => client.query({ text: PROBE.replace('APPEND_ID', appendId), ...limit }))
}

const ALIVE = 'select exists (select from journal_writer where expires_at > now()) as alive'

/** Whether any writer works on the journal. */
export async function isWriterAlive(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query({ name: 'journal-writer-alive', text: ALIVE })
  return rows[0]?.alive === true
}
