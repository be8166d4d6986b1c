import { isDeepStrictEqual } from 'node:util'
import {
  AccountId,
  DestinationKind,
  type DestinationVersion,
  DestinationVersionId,
  LoggingConfigurationId,
  type MessageId,
} from '@roomlog/domain'
import pLimit from 'p-limit'
import type pg from 'pg'
import type { WriterEnv } from './env.ts'
import { CALLS_MAX, type OpenSink, type Shared } from './kinds/kind.ts'
import { KINDS } from './kinds/registry.ts'
import type { Destination, LanePolicy } from './lane/destination.ts'
import { Refusals } from './lane/refusals.ts'
import { unknownDestination } from './unknown-destination.ts'

export type DestinationsOptions = Shared & {
  readonly pool: pg.Pool
  readonly env: WriterEnv
  /** @default that of the kind */
  readonly policyOf?: PolicyOf | undefined
}

export type PolicyOf = (kind: DestinationKind) => LanePolicy

export type Destinations = {
  /** One that the database does not know holds its lane until it does. */
  get(id: DestinationVersionId): Promise<Destination | 'abandoned'>
  /** Of these, the ones whose backlog was given up. */
  abandonedOf(ids: readonly DestinationVersionId[]): Promise<readonly DestinationVersionId[]>
  /** Of these, the ones that the database did not know, and now does. */
  foundOf(ids: readonly DestinationVersionId[]): Promise<readonly DestinationVersionId[]>
  /** The database was restored, and hands out its numbers anew: each version is looked up again before it is given out. */
  doubt(): void
  /** Closes the clients of destinations that no lane uses. */
  keepOnly(ids: ReadonlySet<DestinationVersionId>): void
  close(): void
}

const SELECT = `select id, logging_configuration_id, account_id, region, kind, target, abandoned_at,
       (extract(epoch from created_at) * 1000)::float8 as made_at_ms
  from destination_version where id = $1`

const SET_ASIDE = 'select from destination_version where id = $1 and $2 = any(set_aside)'

/** Destination versions and their sinks, made when a lane first needs them. */
export function createDestinations(options: DestinationsOptions): Destinations {
  const made = new Map<DestinationVersionId, { readonly destination: Destination; readonly destroy: () => void }>()
  const doubted = new Set<DestinationVersionId>()
  /** Versions that the database does not know. */
  const unknown = new Set<DestinationVersionId>()
  const { env, readBackTurn, policyOf = (kind) => KINDS[kind].policy(env) } = options
  const openers = new Map<DestinationKind, OpenSink>()
  /** Of versions that are others now; lanes may still be using them. */
  const outdated: (() => void)[] = []

  async function get(id: DestinationVersionId): Promise<Destination | 'abandoned'> {
    const found = made.get(id)
    if (found && !doubted.has(id)) return found.destination
    const { rows } = await options.pool.query(SELECT, [id])
    const row = rows[0]
    if (!row) return holdUnknown(id)
    if (row.abandoned_at !== null) return 'abandoned'
    const version: DestinationVersion = {
      id,
      loggingConfigurationId: LoggingConfigurationId.parse(row.logging_configuration_id),
      accountId: AccountId.parse(row.account_id),
      region: row.region,
      kind: DestinationKind.parse(row.kind),
      target: row.target,
    }
    doubted.delete(id)
    unknown.delete(id)
    const known = made.get(id)
    if (known && isDeepStrictEqual(known.destination.version, version)) return known.destination
    if (known) outdated.push(known.destroy)
    const { sink, destroy } = openSink(version)
    const limit = pLimit(CALLS_MAX)
    const destination: Destination = {
      version,
      madeAtMs: row.made_at_ms,
      sink,
      policy: policyOf(version.kind),
      refusals: new Refusals(),
      isSetAside: (message) => isSetAside(id, message),
      limited: (task) => limit(task),
    }
    made.set(id, { destination, destroy })
    return destination
  }

  function holdUnknown(id: DestinationVersionId): Destination {
    doubted.delete(id)
    const known = made.get(id)
    if (known && unknown.has(id)) return known.destination
    if (known) outdated.push(known.destroy)
    const destination = unknownDestination(id, policyOf('s3'))
    made.set(id, { destination, destroy() {} })
    unknown.add(id)
    return destination
  }

  /** While the database cannot be asked, nothing is set aside. */
  async function isSetAside(id: DestinationVersionId, message: MessageId): Promise<boolean> {
    const { rowCount } = await options.pool.query(SET_ASIDE, [id, message]).catch(() => ({ rowCount: 0 }))
    return rowCount === 1
  }

  function openSink(version: DestinationVersion): ReturnType<OpenSink> {
    const open = openers.get(version.kind) ?? KINDS[version.kind].sinks(env, { readBackTurn })
    openers.set(version.kind, open)
    return open(version)
  }

  return {
    get,
    async abandonedOf(ids) {
      if (ids.length === 0) return []
      const { rows } = await options.pool.query(
        'select id from destination_version where id = any($1) and abandoned_at is not null',
        [ids],
      )
      for (const { id } of rows) made.delete(DestinationVersionId.parse(id))
      return rows.map(({ id }) => DestinationVersionId.parse(id))
    },
    async foundOf(ids) {
      const asked = ids.filter((id) => unknown.has(id))
      if (asked.length === 0) return []
      const { rows } = await options.pool.query('select id from destination_version where id = any($1)', [asked])
      const found = rows.map(({ id }) => DestinationVersionId.parse(id))
      for (const id of found) doubted.add(id)
      return found
    },
    doubt() {
      for (const id of made.keys()) doubted.add(id)
    },
    keepOnly(ids) {
      for (const [id, { destroy }] of made) {
        if (ids.has(id)) continue
        made.delete(id)
        unknown.delete(id)
        destroy()
      }
    },
    close() {
      for (const destroy of [...outdated.splice(0), ...[...made.values()].map((one) => one.destroy)]) destroy()
      made.clear()
    },
  }
}
