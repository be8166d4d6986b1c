import type pg from 'pg'
import type { Partition, Transaction } from '../port.ts'

// Rows are locked in order, so that two changes cannot deadlock. By the clock too, so that a restored database never gives
// out a version again that some api still holds.
const CHANGED = `
update journal_partition p set config_version = greatest(p.config_version + 1, floor(extract(epoch from now()) * 1000)::bigint)
  from (select partition from journal_partition order by partition for update) locked
 where p.partition = locked.partition`

const VERSION = 'select config_version from journal_partition where partition = $1'

/** A look-up by its key, which calls wait for: by then the database hangs. */
const ANSWER: object = { query_timeout: 5_000 }

/** Makes every append that was resolved before the transaction's commit resolve again. */
export async function announce(transaction: Transaction): Promise<void> {
  await transaction.query(CHANGED, [])
}

/** The version that appends to the partition must name now. */
export async function configVersion(pool: pg.Pool, partition: Partition): Promise<number> {
  const { rows } = await pool.query({ name: 'journal-version', text: VERSION, values: [partition], ...ANSWER })
  if (!rows[0]) throw new Error(`partition ${partition} does not exist`)
  return Number(rows[0].config_version)
}
