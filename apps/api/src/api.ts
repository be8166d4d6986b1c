import { connect, createPool, createSecretBox } from '@roomlog/db'
import { type AccountId, newId, UNKNOWN_KEYS_RATE } from '@roomlog/domain'
import { createAppender, toAppendId } from '@roomlog/journal'
import { createPostgresJournal, startDatabaseClock } from '@roomlog/journal/postgres'
import type { FastifyInstance } from 'fastify'
import { createAuthenticator } from './access/authenticator.ts'
import { createKeyFinder } from './access/find-key.ts'
import { ensureAccount, type RootKey } from './access/root-key.ts'
import type { CheckDestination } from './context.ts'
import { createSigningIn } from './database/sign-in.ts'
import { createTransact } from './database/transact.ts'
import { createWaitingLine } from './database/waiting-line.ts'
import { serveTrpc } from './doors/trpc/serve.ts'
import { serveHealth } from './http/health.ts'
import { readinessChecks } from './http/readiness.ts'
import { boundsOf, closeServer, createServer, SERVER_LIMITS_DEFAULT, type ServerLimits } from './http/server.ts'
import { createRateLimiter } from './limits/rate-limiter.ts'
import { CEILINGS_DEFAULT, type Ceilings, type Rates } from './limits/rates.ts'
import { loadOperations } from './load-operations.ts'
import { bindOperations } from './operations.ts'
import { createRandomPool } from './random-pool.ts'
import { createRecordWriter } from './record-writer.ts'
import { createRoomLoader } from './rooms/load-rooms.ts'
import { createRoomCache } from './rooms/room-cache.ts'
import { warnOfLostCommits } from './store/durability.ts'
import { createStore } from './store/store.ts'

/** What a process finds around it; made in main.ts. */
export type Ambient = {
  readonly monotonicNs: () => bigint
  readonly monotonicMs: () => number
  readonly wallMs: () => number
  /** Counts the time that the machine was suspended. */
  readonly uptimeMs: () => number
  readonly randomBytes: (n: number) => Uint8Array
  readonly randomUUID: () => string
  readonly sleep: (ms: number) => Promise<void>
}

export type ApiOptions = {
  /** Of a database that has its migrations. */
  readonly databaseUrl: string
  /** At least 2; about a third is for the control plane, the rest for the journal. @default 20 */
  readonly databaseConnectionsMax?: number | undefined
  readonly region: string
  readonly accountId: AccountId
  readonly rootKey?: RootKey | undefined
  /** 32 bytes in base64; a comma-separated list rotates. */
  readonly encryptionKeys: string
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly logLevel: string
  readonly rates?: Rates | undefined
  readonly ceilings?: Partial<Ceilings> | undefined
  readonly limits?: Partial<ServerLimits> | undefined
  /** The database's clock is right, whatever this machine's says. @default false */
  readonly trustDatabaseClock?: boolean | undefined
  /** Counts only for a database whose journal is new. */
  readonly partitionsIfNew?: number | undefined
  readonly checkDestination: CheckDestination
  readonly ambient: Ambient
}

export type Api = {
  readonly url: string
  readonly server: FastifyInstance
  /** Takes no more, answers what is in flight, then lets go of the database. */
  close(): Promise<void>
}

/** Connections that wait to be taken: more than a flood opens in a moment, as those beyond it come back only after a second. */
const BACKLOG = 4_096
/** It asks the database as often as it needs to: seldom, unless there is doubt. */
const CLOCK_TICK_MS = 1_000
/** Of those that change rooms, configurations, tags and access keys. */
const TRANSACTIONS = { waitingMax: 1_000, waitMaxMs: 10_000 } as const

/** Starts the api in this process, listening when it is returned. */
export async function createApi(options: ApiOptions): Promise<Api> {
  const limits = { ...SERVER_LIMITS_DEFAULT, ...options.limits }
  const server = createServer({ logLevel: options.logLevel, limits })
  const { log } = server
  const connectionsMax = options.databaseConnectionsMax ?? 20
  const controlMax = Math.max(1, Math.floor(connectionsMax / 3))
  const applicationName = 'roomlog-api'
  const onError = ({ message }: Error) =>
    log.warn({ event: 'api.connectionLost', reason: message }, 'A connection to the database was lost.')
  const pool = createPool({ url: options.databaseUrl, max: connectionsMax - controlMax, applicationName, onError })
  const db = connect(options.databaseUrl, { max: controlMax, applicationName, onError })
  const { monotonicMs: nowMs, randomBytes, randomUUID, sleep } = options.ambient
  // One connection stays for those who only read.
  const atOnce = Math.max(1, controlMax - 1)
  const store = createStore(db, createTransact(db, createWaitingLine({ atOnce, ...TRANSACTIONS, nowMs })))
  try {
    const secretBox = createSecretBox(options.encryptionKeys)
    const clock = await startDatabaseClock(pool, {
      ...options.ambient,
      trustDatabase: options.trustDatabaseClock,
      log,
    })
    const [journal] = await Promise.all([
      createPostgresJournal({ pool, partitionsIfNew: options.partitionsIfNew, time: clock }),
      warnOfLostCommits(pool, log),
      ensureAccount(store, secretBox, options.accountId, options.rootKey),
    ])
    const rooms = createRoomCache({ load: createRoomLoader(pool, journal), nowMs })
    const appender = createAppender({ journal, routes: rooms, randomUUID, nowMs, sleep })
    const limiter = createRateLimiter({ nowMs })
    const rates = options.rates ?? {}
    const { name: key, perSecond } = UNKNOWN_KEYS_RATE
    const strangers = { key, perSecond: rates[key] ?? perSecond }
    const pooledBytes = createRandomPool(randomBytes)
    const operations = bindOperations(await loadOperations(), {
      region: options.region,
      store,
      rooms,
      appender,
      journal,
      limiter,
      rates,
      ceilings: { ...CEILINGS_DEFAULT, ...options.ceilings },
      clock,
      secretBox,
      authenticator: createAuthenticator({
        find: createKeyFinder(pool, secretBox, log),
        mayLookUp: () => limiter.take([strangers]) === undefined,
        nowMs,
      }),
      rootKeyId: options.rootKey?.accessKeyId,
      checkDestination: options.checkDestination,
      newAppendId: () => toAppendId(randomUUID()),
      newId: () => newId(pooledBytes),
      writeRecord: createRecordWriter(),
      randomBytes,
      log,
    })
    serveHealth(server, readinessChecks({ journal, clock, nowMs }))
    const roll = createSigningIn(journal, `api-${randomUUID()}`, log)
    await serveTrpc(server, operations, boundsOf(limits), roll)
    const url = await server.listen({ host: options.host, port: options.port, backlog: BACKLOG })
    await roll.start()
    const sampling = setInterval(() => void clock.follow(), CLOCK_TICK_MS)

    let closing: Promise<void> | undefined
    const close = async () => {
      await closeServer(server)
      clearInterval(sampling)
      roll.stop()
      await appender.close()
      await Promise.all([db.$disconnect(), pool.end()])
    }
    return {
      url,
      server,
      close: () => {
        closing ??= close()
        return closing
      },
    }
  } catch (error) {
    await Promise.allSettled([server.close(), db.$disconnect(), pool.end()])
    throw error
  }
}
