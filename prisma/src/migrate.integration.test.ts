import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestDatabase, testPostgres } from '@roomlog/embedded-postgres'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { assertMigrated, migrate } from './migrate.ts'
import { openSession } from './migration-database.ts'
import { readMigrations } from './migration-files.ts'

const postgres = await testPostgres()
let database: TestDatabase
let url: string

beforeEach(async () => {
  database = await postgres.createEmptyDatabase()
  url = database.url
})
afterEach(() => database.drop())

test('applies everything once, however many start at the same time', async () => {
  const applied = await Promise.all([1, 2, 3, 4].map(() => migrate({ url })))
  const names = (await readMigrations()).map(({ name }) => name)
  expect(applied.flat()).toEqual(names)
  await assertMigrated({ url })
  expect(await migrate({ url })).toEqual([])
})

test('refuses a schema whose tables nobody recorded, and leaves it as it was', async () => {
  await run('create schema roomlog', 'create table roomlog.invoices (id int)')
  await expect(migrate({ url })).rejects.toMatchObject({
    code: 'foreign-schema',
    message: expect.stringContaining('invoices'),
  })
  expect(await run(`select relname from pg_class where relnamespace = 'roomlog'::regnamespace`)).toEqual([
    { relname: 'invoices' },
  ])
})

test('leaves the tables of other schemas alone', async () => {
  await run('create table public.room (id int)', 'create table public._prisma_migrations (id int)')
  expect(await migrate({ url })).not.toEqual([])
  expect(await run('select * from public.room')).toEqual([])
})

test('refuses a history of somebody else', async () => {
  await migrate({ url })
  await run(`update roomlog._prisma_migrations set migration_name = '20200101000000_theirs'`)
  await expect(migrate({ url })).rejects.toMatchObject({ code: 'foreign-history' })
  await expect(assertMigrated({ url })).rejects.toMatchObject({ code: 'foreign-history' })
})

test('works behind a newer neighbour, and says so', async () => {
  await migrate({ url })
  await run(
    `insert into roomlog._prisma_migrations (id, checksum, migration_name, finished_at) values ('n', 'c', '29990101000000_next', now())`,
  )
  const lines: string[] = []
  expect(await migrate({ url, log: (line) => lines.push(line) })).toEqual([])
  await assertMigrated({ url, log: (line) => lines.push(line) })
  expect(lines).toEqual([
    expect.stringContaining('29990101000000_next'),
    expect.stringContaining('29990101000000_next'),
  ])
})

test('rolls a failing migration back whole and applies it once it is repaired', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'roomlog-migrations-'))
  const write = async (name: string, sql: string) => {
    await mkdir(join(folder, name), { recursive: true })
    await writeFile(join(folder, name, 'migration.sql'), sql)
  }
  try {
    await write('1_good', 'create table good (id int)')
    await write('2_bad', 'create table half (id int); select 1 / 0')
    await expect(migrate({ url, folder })).rejects.toMatchObject({ code: 'failed', message: /2_bad.*division by zero/ })
    await expect(assertMigrated({ url, folder })).rejects.toMatchObject({ code: 'pending', message: /roomlog-migrate/ })

    await write('2_bad', 'create table half (id int)')
    expect(await migrate({ url, folder })).toEqual(['2_bad'])
    await write('1_good', 'create table good (id bigint)')
    await expect(migrate({ url, folder })).rejects.toMatchObject({ code: 'edited' })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('a role without rights is told to use the command', async () => {
  const role = `weak_${process.pid}`
  await run(`create role ${role} login password 'weak'`)
  const weak = new URL(url)
  weak.username = role
  weak.password = 'weak'
  try {
    await expect(assertMigrated({ url: String(weak) })).rejects.toMatchObject({ code: 'pending' })
    await expect(migrate({ url: String(weak) })).rejects.toMatchObject({
      code: 'not-allowed',
      message: /roomlog-migrate/,
    })
  } finally {
    await run(`drop role ${role}`)
  }
})

test('a role that lacks rights is told the grants that it needs, and they are enough', async () => {
  await migrate({ url })
  const role = `Few ${process.pid}`
  await run(`create role "${role}" login password 'few'`)
  const few = new URL(url)
  few.username = role
  few.password = 'few'
  try {
    const refusal = async (): Promise<string> => {
      const error: unknown = await assertMigrated({ url: few.href }).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ name: 'MigrationError', code: 'not-allowed' })
      return String(error)
    }
    expect(await refusal()).toContain('may not use the schema')
    await expect(migrate({ url: few.href })).rejects.toMatchObject({ code: 'not-allowed', message: /grant usage/ })
    await run(`grant usage on schema roomlog to "${role}"`, `grant select on all tables in schema roomlog to "${role}"`)
    expect(await refusal()).toMatch(/lacks rights on access_key, account, .*dead_letter_id_seq/)
    const grants = (await refusal()).split('\n').filter((line) => line.startsWith('  '))
    expect(grants).toHaveLength(5)
    await run(...grants)
    await assertMigrated({ url: few.href })
    expect(await migrate({ url: few.href })).toEqual([])
    // As a later version would add it.
    await run('create table roomlog.later (id serial)')
    await assertMigrated({ url: few.href })
  } finally {
    await run(`drop owned by "${role}"`, `drop role "${role}"`)
  }
})

test('a wait for somebody else who is migrating is said after a second', async () => {
  const other = await openSession(url)
  await other.query('select pg_advisory_lock(72707369)')
  const lines: string[] = []
  const waiting = migrate({ url, warn: (line) => lines.push(line) })
  await expect.poll(() => lines, { timeout: 20_000 }).toEqual([expect.stringContaining('waiting for another process')])
  await other.end()
  expect(await waiting).not.toEqual([])
})

test.each(['SQL_ASCII', 'LATIN1'])(
  'a new database with the encoding %s is refused, and one in use warned of',
  async (encoding) => {
    const name = `encoded_${encoding.toLowerCase()}_${process.pid}`
    await run(`create database ${name} encoding '${encoding}' locale 'C' template template0`)
    const encoded = new URL(url)
    encoded.pathname = `/${name}`
    try {
      const refusal = { code: 'encoding', message: expect.stringMatching(new RegExp(`${encoding}.*emoji.*UTF8`)) }
      await expect(migrate({ url: encoded.href })).rejects.toMatchObject(refusal)
      await expect(assertMigrated({ url: encoded.href })).rejects.toMatchObject(refusal)
      // As an earlier version has left it.
      const session = await openSession(encoded.href)
      await session.query(`create schema roomlog`)
      await session.query(`create table roomlog._prisma_migrations (migration_name text, checksum text,
      finished_at timestamptz, rolled_back_at timestamptz, started_at timestamptz default now(), id text, applied_steps_count int)`)
      await session.end()
      const warnings: string[] = []
      expect(await migrate({ url: encoded.href, warn: (line) => warnings.push(line) })).not.toEqual([])
      expect(warnings).toEqual([refusal.message])
    } finally {
      await run(`drop database ${name} with (force)`)
    }
  },
)

async function run(...statements: string[]): Promise<unknown[]> {
  const session = await openSession(url)
  try {
    const results = []
    for (const sql of statements) results.push(await session.query(sql))
    return results.at(-1)?.rows ?? []
  } finally {
    await session.end()
  }
}
