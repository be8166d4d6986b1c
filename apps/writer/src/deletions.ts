import { DestinationVersionId } from '@roomlog/domain'
import type { Journal, JournalTime } from '@roomlog/journal'
import { inTransaction, transactionOf } from '@roomlog/journal/postgres'
import type pg from 'pg'
import type { Log } from './log.ts'

const DELETING = `
select c.id, array(select v.id from destination_version v
                    where v.logging_configuration_id = c.id and v.abandoned_at is null) as versions,
       c.deleting_since < to_timestamp($1 / 1000.0) - interval '24 hours' as overdue
  from logging_configuration c where c.state = 'DELETING'`

const DELETE = `delete from logging_configuration where id = $1 and state = 'DELETING'`

const MARK = 'update destination_version set abandoned_at = now() where id = any($1::integer[])'

/**
 * Ends configurations that are being deleted: those that have drained, and those that could not in 24 hours, because a
 * destination that does not come back must not keep its configuration, and the journal, for ever.
 */
export async function finishDeletions(
  { pool, journal }: { readonly pool: pg.Pool; readonly journal: Pick<Journal, 'abandon' | 'drained'> },
  time: JournalTime,
  log: Log,
): Promise<void> {
  const { rows } = await pool.query(DELETING, [time.nowMs()])
  if (rows.length === 0) return
  const deleting = rows.map(({ id, versions, overdue }) => ({
    id: String(id),
    versions: Array.from(versions, (version) => DestinationVersionId.parse(version)),
    isOverdue: overdue === true,
  }))
  // Asked after they were found to be DELETING: nothing more has been addressed to them since, so what has drained stays so.
  const drained = new Set(await journal.drained(deleting.flatMap(({ versions }) => versions)))
  for (const { id, versions, isOverdue } of deleting) {
    if (versions.every((version) => drained.has(version))) {
      await pool.query(DELETE, [id])
      log.info({ event: 'configuration.deleted', id }, 'A drained configuration was deleted.')
    } else if (isOverdue && time.sure()) {
      // By a clock that has jumped no backlog is given up.
      await abandon({ pool, journal }, id, versions)
      log.error(
        { event: 'configuration.abandoned', id },
        'A configuration did not drain in 24 hours; its backlog was given up.',
      )
    }
  }
}

async function abandon(
  { pool, journal }: { readonly pool: pg.Pool; readonly journal: Pick<Journal, 'abandon'> },
  id: string,
  versions: readonly DestinationVersionId[],
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await journal.abandon(transactionOf(client), versions)
    await client.query(MARK, [versions])
    await client.query(DELETE, [id])
  })
}
