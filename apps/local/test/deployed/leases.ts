import { setTimeout as sleep } from 'node:timers/promises'
import { createPool } from '@roomlog/db'
import { isDrained, lanes, progress } from '@roomlog/journal/testing'

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

/** Who works what, as the database has it. */
export async function watchLeases(databaseUrl: string): Promise<Leases> {
  const pool = createPool({ url: databaseUrl, max: 1, applicationName: 'test' })

  async function byPid(): Promise<ReadonlyMap<number, number>> {
    const held = new Map<number, number>()
    for (const { owner, isLeased } of await progress(pool)) {
      // A writer's id is `<host>-<pid>-<random>`.
      const pid = isLeased ? Number(/-([0-9]+)-[^-]*$/.exec(owner ?? '')?.[1]) : 0
      held.set(pid, (held.get(pid) ?? 0) + 1)
    }
    return held
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
        if (await isDrained(pool)) return
        if (performance.now() > deadlineMs) {
          throw new Error(
            `left over after ${WITHIN_MS} ms: ${JSON.stringify([await lanes(pool), await progress(pool)])}`,
          )
        }
        await sleep(POLL_EVERY_MS)
      }
    },
    close: () => pool.end(),
  }
}
