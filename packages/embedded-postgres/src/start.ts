import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { findBinaries } from './binaries.ts'
import { makeFolder, openCluster, readPassword, SUPERUSER } from './data-folder.ts'
import { EmbeddedPostgresError } from './error.ts'
import { chooseIdentity, commandOf, ENVIRONMENT, type Identity } from './identity.ts'
import { freePort, HOST } from './port.ts'
import { clearPostmaster } from './postmaster.ts'
import { watch } from './watchdog.ts'

const READY_WITHIN_MS = 60_000
const STOP_WITHIN_MS = 10_000
const CLEANLY = ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const
/** Without writing down what goes away anyway: that can take longer than the tests before it. */
const AT_ONCE = ['SIGQUIT', 'SIGKILL'] as const
const ATTEMPTS = 20
const TAIL_LINES = 20

export type PostgresOptions = {
  /** Holds the cluster and its password; made when missing. Everything else inside is left alone. */
  readonly dataDir: string
  /** @default 0, any free one */
  readonly port?: number | undefined
  /** Of the superuser `postgres`. @default a random one, kept in the folder with mode 0600 */
  readonly password?: string | undefined
  /** Database that `url` names, made when missing. @default 'postgres' */
  readonly database?: string | undefined
  /** Gets each line that the server logs. */
  readonly log?: ((line: string) => void) | undefined
  /** Server settings, as in postgresql.conf. `fsync` and `synchronous_commit` are on unless they are named here. */
  readonly settings?: Readonly<Record<string, string>> | undefined
  /** Removes the folder when the server has stopped. @default false */
  readonly temporary?: boolean | undefined
}

export type Postgres = {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Resolves when the server has ended, by `stop` or by itself. */
  readonly exited: Promise<void>
  /** Ends sessions and shuts down: cleanly, if it is to be started again. */
  stop(): Promise<void>
  /** Sends a signal to the server process, SIGKILL for a crash. */
  kill(signal: NodeJS.Signals): void
}

/**
 * Starts a Postgres on 127.0.0.1 that lives no longer than this process, whichever way the process ends.
 * It does not keep the process alive.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const folder = resolve(options.dataDir)
  const wantedPort = options.port ?? 0
  const settings = { listen_addresses: HOST, unix_socket_directories: '', ...options.settings }
  if (wantedPort !== 0) await freePort(wantedPort)
  const binaries = await findBinaries()
  await makeFolder(folder)
  const identity = chooseIdentity(binaries.postgres, folder)
  const signals = options.temporary === true ? AT_ONCE : CLEANLY
  const password = await readPassword(folder, options.password)
  const cluster = await openCluster({ folder, binaries, identity, password, sync: options.settings?.fsync !== 'off' })

  for (let attempt = 1; ; attempt += 1) {
    await clearPostmaster(cluster)
    const port = await freePort(wantedPort)
    const url = (database: string) => urlOf(port, password, database)
    const server = launch({ binary: binaries.postgres, identity, cluster, port, settings, log: options.log })
    const dismiss = watch(server.pid, options.temporary === true ? folder : undefined)
    const exited = server.exited.then(dismiss)
    const refusal = await untilReady(server, url('postgres'))
    if (refusal === undefined) {
      if (options.database !== undefined) await ensureDatabase(url('postgres'), options.database)
      return {
        url: url(options.database ?? 'postgres'),
        port,
        pid: server.pid,
        exited,
        stop: () => stop(server, signals).then(() => exited),
        kill: (signal) => server.child.kill(signal),
      }
    }
    await stop(server, signals)
    if (attempt >= ATTEMPTS || !mayPass(refusal, wantedPort)) {
      await exited
      throw refusal
    }
    await sleep(250)
  }
}

type Server = {
  readonly child: ChildProcess
  readonly pid: number
  readonly exited: Promise<void>
  /** The last lines it logged. */
  readonly tail: readonly string[]
}

function launch(options: {
  readonly binary: string
  readonly identity: Identity
  readonly cluster: string
  readonly port: number
  readonly settings: Readonly<Record<string, string>>
  readonly log: ((line: string) => void) | undefined
}): Server {
  const settings = Object.entries(options.settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const [file, args] = commandOf(options.identity, [
    options.binary,
    '-D',
    options.cluster,
    '-p',
    String(options.port),
    ...settings,
  ])
  const child = spawn(file, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: ENVIRONMENT,
    cwd: '/',
    // A Ctrl-C in the terminal goes to us alone: whoever uses the database ends before it.
    detached: true,
    ...options.identity.spawn,
  })
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const tail: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    tail.push(line)
    if (tail.length > TAIL_LINES) tail.shift()
    options.log?.(line)
  })
  if (child.pid === undefined) throw new EmbeddedPostgresError('failed', `Cannot run ${options.binary}.`)
  child.unref()
  if (child.stderr instanceof Socket) child.stderr.unref()
  return { child, pid: child.pid, exited, tail }
}

/** Undefined once it answers a query; else why it will not. */
async function untilReady(server: Server, url: string): Promise<EmbeddedPostgresError | undefined> {
  let ended = false
  void server.exited.then(() => {
    ended = true
  })
  const startedAtMs = Date.now()
  while (Date.now() - startedAtMs < READY_WITHIN_MS) {
    if (ended) return refusalOf(server.tail)
    const failure = await query(url, 'select 1')
    if (failure === undefined) return undefined
    if (failure.code === '28P01') {
      return new EmbeddedPostgresError(
        'wrong-password',
        'The password given is not the one this data folder was made with. Give that one, or remove the folder to start empty.',
      )
    }
    await sleep(20)
  }
  return new EmbeddedPostgresError(
    'failed',
    `Postgres was not ready within ${READY_WITHIN_MS / 1000} s:\n${server.tail.join('\n')}`,
  )
}

function refusalOf(tail: readonly string[]): EmbeddedPostgresError {
  const text = tail.join('\n')
  if (/Address already in use/.test(text))
    return new EmbeddedPostgresError('port-taken', `The port was taken while Postgres started:\n${text}`)
  if (/lock file .* already exists|shared memory block .* still in use/.test(text)) {
    return new EmbeddedPostgresError('already-running', `Another Postgres still holds this data folder:\n${text}`)
  }
  return new EmbeddedPostgresError('failed', `Postgres ended while it started:\n${text}`)
}

// A port that was free a moment ago, and the children of a server that was killed, are a matter of time.
function mayPass(refusal: EmbeddedPostgresError, wantedPort: number): boolean {
  return refusal.code === 'already-running' || (refusal.code === 'port-taken' && wantedPort === 0)
}

async function stop(server: Server, signals: readonly NodeJS.Signals[]): Promise<void> {
  server.child.ref()
  for (const signal of signals) {
    server.child.kill(signal)
    const ended = await Promise.race([server.exited.then(() => true), sleep(STOP_WITHIN_MS, false, { ref: true })])
    if (ended) return
  }
}

function urlOf(port: number, password: string, database: string): string {
  return `postgresql://${SUPERUSER}:${encodeURIComponent(password)}@${HOST}:${port}/${encodeURIComponent(database)}`
}

async function ensureDatabase(url: string, name: string): Promise<void> {
  const failure = await query(url, `create database ${pg.escapeIdentifier(name)}`)
  if (failure !== undefined && failure.code !== '42P04') throw failure
}

async function query(url: string, sql: string): Promise<(Error & { code?: string | undefined }) | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(sql)
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  } finally {
    await client.end().catch(() => {})
  }
}
