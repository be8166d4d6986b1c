import { migrate } from '@roomlog/db/migrate'
import { createPool } from '@roomlog/db/pool'
import type { RoomId } from '@roomlog/domain'
import type { Postgres } from '@roomlog/embedded-postgres'
import type { Journal } from '@roomlog/journal'
import { createPostgresJournal } from '@roomlog/journal/postgres'
import { age, forgetDelivery } from '@roomlog/journal/testing'
import pg from 'pg'
import { KINDS, type Kind } from '../server/ledger.ts'

export const ACCOUNT_ID = '123456789012'
export const REGION = 'eu-west-1'

export type Database = {
  readonly url: string
  readonly pool: pg.Pool
  readonly journal: Journal
  close(): Promise<void>
}

const CONNECTIONS = 10

/** A database of its own with a journal in it, and destination versions 1 to 3 of the three kinds. */
export async function openDatabase(postgres: Postgres, name: string): Promise<Database> {
  await query(postgres.url, `drop database if exists ${name} with (force)`)
  await query(postgres.url, `create database ${name}`)
  const address = new URL(postgres.url)
  address.pathname = `/${name}`
  const url = String(address)
  await migrate({ url })
  const pool = createPool({ url, max: CONNECTIONS, applicationName: 'roomlog-bench' })
  const journal = await createPostgresJournal({ pool })
  // It packs once it has heard that all who live can read that, as an api does when it starts.
  await journal.signIn({ apiId: 'bench', ttlMs: 1_000 })
  await pool.query('insert into account (id) values ($1)', [ACCOUNT_ID])
  for (const kind of KINDS) await addConfiguration(pool, `bench${kind.slice(0, 4).padEnd(7, '0')}`, kind)
  return {
    url,
    pool,
    journal,
    async close() {
      await pool.end()
      await query(postgres.url, `drop database if exists ${name} with (force)`)
    },
  }
}

/** An ACTIVE logging configuration of that kind; the target is `bench-<kind>`. */
export async function addConfiguration(pool: pg.Pool, id: string, kind: Kind): Promise<void> {
  await pool.query(
    `with version as (
       insert into destination_version (logging_configuration_id, account_id, region, kind, target)
       values ($1, $2, $3, $4, $5) returning id)
     insert into logging_configuration (id, account_id, name, state, destination_version_id)
     select $1, $2, $4, 'ACTIVE', id from version`,
    [id, ACCOUNT_ID, REGION, kind, `bench-${kind.toLowerCase()}`],
  )
}

/** Rooms with the three first logging configurations, and no limit that matters here. */
export async function addRooms(pool: pg.Pool, rooms: readonly RoomId[]): Promise<void> {
  await pool.query(
    `insert into room (id, account_id, name, maximum_message_rate_per_second, maximum_message_length)
     select id, $2, 'bench', 1000000, 500 from unnest($1::text[]) id`,
    [rooms, ACCOUNT_ID],
  )
  await pool.query(
    `insert into room_logging_configuration (room_id, ordinal, logging_configuration_id)
     select r.id, c.ordinal - 1, c.id
       from unnest($1::text[]) r (id)
      cross join (select l.id, row_number() over (order by l.destination_version_id) as ordinal
                    from logging_configuration l order by l.destination_version_id limit 3) c`,
    [rooms],
  )
}

/** Nothing was delivered of what is in the journal, and it was committed that long ago. */
export async function undeliver(pool: pg.Pool, ageMs: number): Promise<void> {
  await forgetDelivery(pool)
  await age(pool, ageMs)
  await pool.query('checkpoint')
}

/** Destination version 1 becomes one of that kind: the journal that was filled for one serves all three. */
export async function pointFirstVersionAt(pool: pg.Pool, kind: Kind): Promise<void> {
  await pool.query('update destination_version set kind = $1, target = $2 where id = 1', [
    kind,
    `bench-${kind.toLowerCase()}`,
  ])
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
