import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toPartition } from '../partition.ts'
import type { AppendRequest, Journal } from '../port.ts'
import { anAppendId, append, records } from '../samples.contract.ts'
import { openDatabase, openJournal, type TestDatabase, waitingForLock } from './database.contract.ts'
import { createPostgresJournal } from './journal.ts'

const HERE = toPartition(0)
const THERE = toPartition(1)
const HOLD = 'select from journal_partition where partition = 0 for update'
let database: TestDatabase

beforeAll(async () => {
  database = await openDatabase()
})
afterAll(() => database.close())

test('every session bounds how long it holds and how long it waits', async () => {
  const { rows } = await database.openPool({ max: 1 }).query(
    `select current_setting('idle_in_transaction_session_timeout') as idle, current_setting('lock_timeout') as lock,
            current_setting('statement_timeout') as statement, current_setting('tcp_keepalives_idle') as keepalive`,
  )
  expect(rows).toEqual([{ idle: '30s', lock: '10s', statement: '30s', keepalive: '30' }])
})

async function request(journal: Journal): Promise<AppendRequest> {
  const configVersion = await journal.configVersion(HERE)
  return { partition: HERE, appendId: anAppendId(), configVersion, records: records(1) }
}

test('a client that locks a partition and falls silent: its appends end or wait, others do not notice, and it goes on by itself', async () => {
  const { journal } = await openJournal(database.pool)
  const silent = await database.openPool({ max: 1 }).connect()
  silent.on('error', () => {})
  await silent.query(`set idle_in_transaction_session_timeout = '3s'`)
  const impatientPool = database.openPool({ max: 1 })
  await impatientPool.query(`set lock_timeout = '300ms'`)
  const impatient = await createPostgresJournal({ pool: impatientPool })

  await silent.query('begin')
  await silent.query(HOLD)
  const waiting = journal.append(await request(journal))
  await waitingForLock(database)
  const refused = await request(journal)
  expect(await impatient.append(refused)).toMatchObject({ status: 'unavailable', reason: /lock timeout/ })
  for (let i = 0; i < 20; i++) await append(journal, THERE, records(1))
  expect(await waiting).toEqual({ status: 'appended', firstPosition: 1 })
  expect(await impatient.append(refused)).toEqual({ status: 'appended', firstPosition: 2 })
  silent.release(true)
})

test.each(['SIGSTOP', 'SIGKILL'] as const)(
  'a client that gets %s in the middle of a transaction does not keep its partition',
  async (signal) => {
    const { journal } = await openJournal(database.pool)
    const client = spawn(process.execPath, ['-e', CLIENT, createRequire(import.meta.url).resolve('pg')], {
      env: { URL: database.url, HOLD },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(client, 'exit')
    try {
      await once(client.stdout, 'data')
      const waiting = journal.append(await request(journal))
      await waitingForLock(database)
      client.kill(signal)
      await append(journal, THERE, records(1))
      expect(await waiting).toEqual({ status: 'appended', firstPosition: 1 })
    } finally {
      client.kill('SIGKILL')
      await exited
    }
  },
)

const CLIENT = `
  const pg = require(process.argv[1])
  const client = new pg.Client({ connectionString: process.env.URL })
  client.connect()
    .then(() => client.query("set search_path = roomlog; set idle_in_transaction_session_timeout = '3s'; begin"))
    .then(() => client.query(process.env.HOLD))
    .then(() => console.log('holding'))
  setInterval(() => {}, 1000)
`
