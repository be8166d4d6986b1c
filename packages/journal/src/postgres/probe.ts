import type pg from 'pg'
import { withClient } from './with-client.ts'

// An append in all but its effect. Its bytes are stored as they are, so many that the table mostly has to grow for them;
// no partition has the position. The update changes no row, and takes the right to.
const PROBE = `
begin;
update journal_partition set head = head where partition = -1;
insert into journal_batch (partition, first_position, record_count, append_id, floor_time_ms, format,
                           destination_version_ids, destination_counts, index, records)
select partition, -1, 1, gen_random_uuid(), 0, 0, '{}', '{}', '', convert_to(repeat('0', 8192), 'UTF8')
  from journal_partition order by partition limit 1;
rollback`

/** pg takes it with a query, though its types have it for a whole connection only. */
const ANSWER: object = { query_timeout: 5_000 }

/** Fails where an append would fail now: no room, no table, no right to write. Leaves nothing behind. */
export async function probe(pool: pg.Pool): Promise<void> {
  await withClient(pool, (client) => client.query({ text: PROBE, ...ANSWER }))
}
