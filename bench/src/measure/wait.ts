import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'

const EVERY_MS = 50

/** Asks until the answer is yes. */
export async function until(
  what: string,
  withinMs: number,
  isSo: () => Promise<boolean>,
  everyMs = EVERY_MS,
): Promise<void> {
  const deadlineMs = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`${what}: not within ${Math.round(withinMs / 1000)} s`)
    await sleep(everyMs)
  }
}

/** Everything that is in the journal has been delivered and is settled. */
export async function isDrained(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query({
    name: 'bench-drained',
    text: `select not exists (select from journal_lane)
              and not exists (select from journal_progress p join journal_partition h using (partition)
                               where p.dispatched < h.head) as drained`,
  })
  return rows[0].drained === true
}

/** Some writer has taken a partition. */
export async function isTaken(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query({
    name: 'bench-taken',
    text: `select exists (select from journal_progress where lease_owner is not null and lease_owner <> 'bench') as taken`,
  })
  return rows[0].taken === true
}
