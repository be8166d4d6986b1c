import type pg from 'pg'
import { FORMATS_DROPPED, FORMATS_UNSAID } from '../formats.ts'
import type { JournalTime } from '../time/journal-time.ts'
import { LEASE_FAR_MS } from '../time/journal-time.ts'
import { believedMs, nowSql } from './time.ts'

// What ends later was written by a clock that had jumped.
const isAhead = (column: string, ms: string) =>
  `(${column} > ${nowSql(ms)} and ${column} < ${nowSql(ms)} + interval '${LEASE_FAR_MS} ms')`

/** Whether a row of the roll is of a living process, writer or api. */
const lives = (ms: string) => `(${isAhead('expires_at', ms)} or ${isAhead('api_expires_at', ms)})`

/** Those of the formats in the parameter `formats` that all living processes read. */
export const readByAllSql = (formats: string, ms: string) => `
array(select f from unnest(${formats}::smallint[]) f
       where not exists (select from journal_writer
                          where ${lives(ms)} and not f = any(coalesce(formats, '{${FORMATS_UNSAID.join()}}'::smallint[])))
       order by f)`

/** Whether no living api is of a version that records no keys. */
export const allKnowKeysSql = (ms: string) => `
not exists (select from journal_writer where ${isAhead('api_expires_at', ms)} and knows_keys is not true)`

const IS_READ = `select ${readByAllSql('array[$1::smallint]', '$2')} <> '{}' as read`

/** Whether every living process reads the format. */
export async function isReadByAll(
  client: Pick<pg.PoolClient, 'query'>,
  format: number,
  time: JournalTime | undefined,
): Promise<boolean> {
  const { rows } = await client.query(IS_READ, [format, believedMs(time)])
  return rows[0].read === true
}

/** There are batches that this version cannot read; its message says what to do. */
export class DroppedFormatError extends Error {}

/** Fails while the journal holds a batch of a format that this version has dropped. */
export async function assertNoneDropped(pool: pg.Pool, dropped: readonly number[] = FORMATS_DROPPED): Promise<void> {
  // Looked for only by a version that has dropped something: it takes a look at all batches.
  if (dropped.length === 0) return
  const { rows } = await pool.query(
    'select distinct format from journal_batch where format = any($1) order by format',
    [dropped],
  )
  if (rows.length === 0) return
  const found = rows.map(({ format }) => format).join(', ')
  throw new DroppedFormatError(
    `The journal holds batches of format ${found}, which this version does not read any more. Start the version before ` +
      'this one until they are delivered and trimmed, 10 minutes after the last, and then this one.',
  )
}
