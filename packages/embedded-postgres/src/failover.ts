import { chmod, cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { HOST } from './port.ts'
import { startPostgres } from './start.ts'
import { startSwitch } from './switch.ts'

const STANDBY = 'standby'
const STREAMS_WITHIN_MS = 30_000

export type FailoverPair = {
  /** The one address that clients know: the primary's, and from `failOver` on the standby's. */
  readonly url: string
  /** Stops the standby: what is committed from now on will not be there after `failOver`. */
  stopStandby(): Promise<void>
  /** Kills the primary (SIGKILL), promotes the standby and puts it in the primary's place. */
  failOver(): Promise<void>
  close(): Promise<void>
}

/** A primary with a standby that streams from it, for tests of what a failover does. */
export async function startFailoverPair(options: {
  /** An empty folder. */
  readonly dataDir: string
  /** Whether a commit waits until the standby has it. */
  readonly synchronous: boolean
  /** Runs once on the primary, before there is a standby. */
  readonly prepare: (url: string) => Promise<unknown>
}): Promise<FailoverPair> {
  const folders = { primary: join(options.dataDir, 'primary'), standby: join(options.dataDir, 'standby') }
  const first = await startPostgres({ dataDir: folders.primary })
  await options.prepare(first.url)
  await first.stop()
  await cp(folders.primary, folders.standby, { recursive: true })
  await chmod(join(folders.standby, 'cluster'), 0o700)
  await writeFile(join(folders.standby, 'cluster', 'standby.signal'), '')

  const synchronous_standby_names = options.synchronous ? STANDBY : ''
  const primary = await startPostgres({ dataDir: folders.primary, settings: { synchronous_standby_names } })
  const { username, password } = new URL(primary.url)
  const primary_conninfo =
    `host=${HOST} port=${primary.port} user=${username} password=${decodeURIComponent(password)} ` +
    `application_name=${STANDBY}`
  const startStandby = () => startPostgres({ dataDir: folders.standby, settings: { primary_conninfo } })
  let standby = await startStandby()
  await untilStreaming(primary.url)
  const address = await startSwitch(primary.port)
  const url = new URL(primary.url)
  url.port = String(address.port)
  return {
    url: url.href,
    stopStandby: () => standby.stop(),
    async failOver() {
      address.pointAt(undefined)
      primary.kill('SIGKILL')
      await Promise.all([primary.exited, standby.stop()])
      standby = await startStandby()
      await query(standby.url, 'select pg_promote()')
      address.pointAt(standby.port)
    },
    async close() {
      address.close()
      await Promise.all([primary.stop(), standby.stop()])
    },
  }
}

async function untilStreaming(url: string): Promise<void> {
  const deadlineMs = Date.now() + STREAMS_WITHIN_MS
  while ((await query(url, `select from pg_stat_replication where state = 'streaming'`)) === 0) {
    if (Date.now() > deadlineMs) throw new Error('the standby does not stream')
    await sleep(50)
  }
}

async function query(url: string, sql: string): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rowCount ?? 0
  } finally {
    await client.end()
  }
}
