import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

const POLL_EVERY_MS = 25
const WITHIN_MS = 20_000

export type Leases = {
  /** Partitions by the pid of the writer that holds them now; 0 for those that nobody holds. */
  byPid(): Promise<ReadonlyMap<number, number>>
  /** Waits until all partitions are spread evenly over exactly these writers. */
  evenOver(pids: readonly number[]): Promise<void>
  /** Waits until all partitions are held by writers other than this one. */
  without(pid: number): Promise<void>
  /** Waits until every partition is dispatched to its head and has no lane left. */
  drained(): Promise<void>
  close(): Promise<void>
}

// A writer's id is `<host>-<pid>-<random>`.
const HELD = `
select case when lease_expires_at > clock_timestamp() then substring(lease_owner from '-([0-9]+)-[^-]*$')::int else 0 end as pid,
       count(*)::int as count
  from roomlog.journal_progress group by 1`

const OWED = `
select (select count(*) from roomlog.journal_lane)::int as lanes,
       (select sum(head - dispatched) from roomlog.journal_partition join roomlog.journal_progress using (partition))::int as records`

/** Who works what, as the database has it. */
export async function watchLeases(databaseUrl: string): Promise<Leases> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()

  async function byPid(): Promise<ReadonlyMap<number, number>> {
    const { rows } = await client.query<{ pid: number; count: number }>(HELD)
    return new Map(rows.map(({ pid, count }) => [pid, count]))
  }

  async function until(what: string, met: (held: ReadonlyMap<number, number>) => boolean): Promise<void> {
    const deadlineMs = performance.now() + WITHIN_MS
    for (;;) {
      const held = await byPid()
      if (met(held)) return
      if (performance.now() > deadlineMs) {
        throw new Error(`partitions are not ${what} after ${WITHIN_MS} ms: ${JSON.stringify([...held])}`)
      }
      await sleep(POLL_EVERY_MS)
    }
  }

  return {
    byPid,
    evenOver: (pids) =>
      until(`even over ${pids.join(' and ')}`, (held) => {
        const counts = pids.map((pid) => held.get(pid) ?? 0)
        return held.size === pids.length && Math.max(...counts) - Math.min(...counts) <= 1
      }),
    without: (pid) => until(`held without ${pid}`, (held) => !held.has(pid) && !held.has(0)),
    async drained() {
      const deadlineMs = performance.now() + WITHIN_MS
      for (;;) {
        const { rows } = await client.query<{ lanes: number; records: number }>(OWED)
        const [owed] = rows
        if (owed?.lanes === 0 && owed.records === 0) return
        if (performance.now() > deadlineMs) throw new Error(`left over after ${WITHIN_MS} ms: ${JSON.stringify(owed)}`)
        await sleep(POLL_EVERY_MS)
      }
    },
    close: () => client.end(),
  }
}
