import { ABANDON_SQL, type JournalTime } from '@roomlog/journal'
import type pg from 'pg'
import type { Log } from './log.ts'

// A configuration that is being deleted goes once nothing addressed to it is unsettled in any partition. Nothing new
// can be: its state was changed under a bump of the config version.
const DELETE_DRAINED = `
delete from logging_configuration c
 where c.state = 'DELETING' and not exists (
   select from destination_version v
    where v.logging_configuration_id = c.id and v.abandoned_at is null
      and (exists (select from journal_lane l where l.destination_version_id = v.id)
        or exists (select from journal_progress p join journal_batch b on b.partition = p.partition
                    where b.first_position > p.dispatched and v.id = any(b.destination_version_ids))))
returning c.id`

/** A destination that does not come back must not keep its configuration, and the journal, for ever. */
const OVERDUE = `
select c.id, array(select v.id from destination_version v where v.logging_configuration_id = c.id) as versions
  from logging_configuration c where c.state = 'DELETING' and c.deleting_since < to_timestamp($1 / 1000.0) - interval '24 hours'`

/** Ends configurations that are being deleted: those that have drained, and those that could not in 24 hours. */
export async function finishDeletions(pool: pg.Pool, time: JournalTime, log: Log): Promise<void> {
  const { rows: drained } = await pool.query(DELETE_DRAINED)
  for (const { id } of drained) log.info({ event: 'configuration.deleted', id }, 'A drained configuration was deleted.')
  // By a clock that has jumped no backlog is given up.
  if (!time.sure()) return
  const { rows: overdue } = await pool.query(OVERDUE, [time.nowMs()])
  for (const { id, versions } of overdue) {
    await abandon(pool, id, versions)
    log.error(
      { event: 'configuration.abandoned', id },
      'A configuration did not drain in 24 hours; its backlog was given up.',
    )
  }
}

async function abandon(pool: pg.Pool, id: string, versions: readonly number[]): Promise<void> {
  const client = await pool.connect()
  // A connection that breaks between two queries tells so by an event; the next query fails anyway.
  client.on('error', ignore)
  try {
    await client.query('begin')
    for (const statement of ABANDON_SQL) await client.query(statement, [versions])
    await client.query('delete from logging_configuration where id = $1', [id])
    await client.query('commit')
    client.off('error', ignore)
    client.release()
  } catch (error) {
    // Ends the transaction with the connection.
    client.release(true)
    throw error
  }
}

function ignore(): void {}
