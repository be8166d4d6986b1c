import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres, type TestDatabase, testPostgres } from '@roomlog/embedded-postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, createPool } from './index.ts'
import { assertMigrated, migrate } from './migrate.ts'

const postgres = await testPostgres({ prepare: (url) => migrate({ url }) })
const databases: TestDatabase[] = []
let plain: TestDatabase

beforeAll(async () => {
  plain = await create()
})
afterAll(() => Promise.all(databases.map((database) => database.drop())))

const HOSTILE: readonly (readonly [setting: string, value: string])[] = [
  ['DateStyle', 'German, DMY'],
  ['DateStyle', 'SQL, DMY'],
  ['IntervalStyle', 'sql_standard'],
  ['TimeZone', 'Asia/Kathmandu'],
  ['bytea_output', 'escape'],
  ['standard_conforming_strings', 'off'],
  ['search_path', 'public'],
  ['search_path', ''],
  ['lc_messages', 'POSIX'],
  ['client_encoding', 'LATIN1'],
  ['client_encoding', 'SQL_ASCII'],
  ['row_security', 'on'],
  ['extra_float_digits', '-15'],
  ['array_nulls', 'off'],
  ['default_transaction_isolation', 'serializable'],
  ['lock_timeout', '1d'],
  ['statement_timeout', '0'],
]

test.each(HOSTILE)('with the default %s = %s of the database, all is read as elsewhere', async (setting, value) => {
  const hostile = await create()
  await run(hostile.url, `alter database ${nameOf(hostile.url)} set ${setting} = '${value}'`)
  expect(await readAll(hostile.url)).toEqual(await readAll(plain.url))
})

test('a default of the role counts as little as one of the database', async () => {
  const hostile = await create()
  const role = `hostile_${process.pid}`
  await run(hostile.url, `create role ${role} superuser login password 'x'`)
  try {
    for (const [setting, value] of HOSTILE) await run(hostile.url, `alter role ${role} set ${setting} = '${value}'`)
    const url = new URL(hostile.url)
    url.username = role
    url.password = 'x'
    expect(await readAll(url.href)).toEqual(await readAll(plain.url))
    await assertMigrated({ url: url.href })
  } finally {
    await hostile.drop()
    await run(plain.url, `drop role ${role}`)
  }
})

test('migrations apply under hostile defaults, and again find what they did', async () => {
  const empty = await postgres.createEmptyDatabase()
  databases.push(empty)
  for (const [setting, value] of HOSTILE) {
    await run(empty.url, `alter database ${nameOf(empty.url)} set ${setting} = '${value}'`)
  }
  expect(await migrate({ url: empty.url })).not.toEqual([])
  expect(await migrate({ url: empty.url })).toEqual([])
})

test('a policy that would hide rows from us is an error, not an empty answer', async () => {
  const database = await create()
  const role = `policed_${process.pid}`
  await run(database.url, `create role ${role} login password 'x'`)
  try {
    await run(database.url, `grant usage on schema roomlog to ${role}; grant select on roomlog.room to ${role}`)
    await run(database.url, 'alter table roomlog.room enable row level security')
    const url = new URL(database.url)
    url.username = role
    url.password = 'x'
    await expect(run(url.href, 'select * from room')).rejects.toThrow(/row-level security/)
  } finally {
    await database.drop()
    await run(plain.url, `drop role ${role}`)
  }
})

test('a database behind a socket is reached by a URL without a host', async ({ skip }) => {
  skip(process.platform === 'win32', 'no sockets of this kind')
  const dataDir = await mkdtemp(join(tmpdir(), 'roomlog-socket-'))
  const server = await startPostgres({ dataDir, temporary: true, settings: { unix_socket_directories: '/tmp' } })
  try {
    const { username, password, pathname, port } = new URL(server.url)
    const url = `postgresql://${username}:${password}@:${port}${pathname}?host=/tmp`
    expect(await migrate({ url })).not.toEqual([])
    expect(await run(url, 'select inet_server_addr() as address')).toEqual([{ address: null }])
    expect(await connectAndCount(url)).toBe(0)
  } finally {
    await server.stop()
  }
})

/** What every reader of ours meets: pg's types, Prisma's, arithmetic with times, and strings in the SQL. */
async function readAll(url: string): Promise<unknown> {
  const db = connect(url, { max: 1 })
  try {
    const at = new Date('2026-03-04T05:06:07.089Z')
    await db.account.upsert({
      where: { id: '123456789012' },
      create: { id: '123456789012', createdAt: at },
      update: { createdAt: at },
    })
    return {
      account: await db.account.findMany(),
      rows: await run(
        url,
        `select created_at, created_at + 3 * interval '-1 day -02:03' as later, extract(epoch from created_at)::float8 as epoch,
                '\\x00ff5c'::bytea as bytes, '\\\\' as backslashes, '😀é' as text, array['a', null]::text[] as list,
                (extract(epoch from created_at) * 1000)::float8 as ms, $1::timestamptz as given, $2::bytea as sent,
                $3::text[] as nulls, timestamptz '02/03/2026' as day
           from account`,
        [at, Buffer.from([0, 255, 92]), ['x', null]],
      ),
      session: await run(
        url,
        `select current_setting('transaction_isolation') as isolation, current_setting('lock_timeout') as lock,
                current_setting('statement_timeout') as statement`,
      ),
    }
  } finally {
    await db.$disconnect()
  }
}

async function connectAndCount(url: string): Promise<number> {
  const db = connect(url, { max: 1 })
  try {
    return await db.room.count()
  } finally {
    await db.$disconnect()
  }
}

async function create(): Promise<TestDatabase> {
  const database = await postgres.createDatabase()
  databases.push(database)
  return database
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1)
}

async function run(url: string, sql: string, values?: unknown[]): Promise<unknown[]> {
  const pool = createPool({ url, max: 1, applicationName: 'test' })
  try {
    const { rows } = await pool.query(sql, values)
    return rows ?? []
  } finally {
    await pool.end()
  }
}
