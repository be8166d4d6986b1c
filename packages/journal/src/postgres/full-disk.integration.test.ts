import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool } from '@roomlog/db'
import { migrate } from '@roomlog/db/migrate'
import { type Postgres, startPostgres } from '@roomlog/embedded-postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toPartition } from '../partition.ts'
import type { AppendRequest } from '../port.ts'
import { START, toPosition } from '../position.ts'
import { aLane, anAppendId, aRecord, aToken, readAll, records, recordsOf, settle } from '../samples.contract.ts'
import { createPostgresJournal } from './journal.ts'

const MIB = 1024 * 1024
const HERE = toPartition(0)
let postgres: Postgres

beforeAll(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'roomlog-full-disk-'))
  postgres = await startPostgres({ dataDir, temporary: true })
  await migrate({ url: postgres.url })
})
afterAll(() => postgres?.stop())

/** Files of new sessions grow no larger; those of 16 MiB that the server's log is written to still fit. */
function limitFiles(bytes: number | 'unlimited'): boolean {
  return spawnSync('prlimit', ['--pid', String(postgres.pid), `--fsize=${bytes}:`]).status === 0
}

test('a table that cannot grow: appends are not acknowledged, what is there is read and settled, and it goes on by itself', async ({
  skip,
}) => {
  skip(!limitFiles('unlimited'), 'this system cannot limit the files of a process')
  const pool = createPool({ url: postgres.url, max: 4, applicationName: 'test' })
  await pool.query(`insert into account (id) values ('123456789012')`)
  await pool.query(`insert into destination_version (logging_configuration_id, account_id, region, kind, target)
                      values ('configuration', '123456789012', 'eu-west-1', 's3', 'bucket')`)
  const journal = await createPostgresJournal({ pool, partitionsIfNew: 2 })
  await pool.end()
  limitFiles(18 * MIB)
  const full = createPool({ url: postgres.url, max: 4, applicationName: 'test' })
  const during = await createPostgresJournal({ pool: full })
  const configVersion = await during.configVersion(HERE)
  const large = (): AppendRequest => ({
    partition: HERE,
    appendId: anAppendId(),
    configVersion,
    records: [aRecord({ rest: randomBytes(3 * MIB) }), ...records(2)],
  })
  const acknowledged: AppendRequest[] = []
  let failed: AppendRequest | undefined
  while (failed === undefined && acknowledged.length < 20) {
    const request = large()
    const { status } = await during.append(request)
    if (status === 'appended') acknowledged.push(request)
    else failed = request
  }
  expect(acknowledged.length).toBeGreaterThan(2)
  if (failed === undefined) throw new Error('the file grew')
  expect(await during.append(failed)).toMatchObject({ status: /unavailable|unknown/, reason: /extend|space/ })

  const appended = acknowledged.flatMap(({ records: all }) => all.map(({ id }) => id))
  const ids = async () => recordsOf(await readAll(during, HERE)).map(({ id }) => id)
  expect(await ids()).toEqual(appended)
  const lease = { partition: HERE, token: aToken() }
  expect(await during.acquire({ ...lease, writerId: 'writer', ttlMs: 30_000 })).not.toBe('taken')
  const [first] = await readAll(during, HERE)
  const dispatched = { position: toPosition(first?.lastPosition ?? START), appendId: first?.appendId }
  const lanes = [aLane({ checkpoint: START })]
  const change = { dispatched, lanes, closed: [], deadLetters: [], totals: [] }
  expect(await settle(during, lease, change)).toBe('settled')

  // Sessions that began under the limit keep it, as a disk that is full would stay so for all.
  limitFiles('unlimited')
  const sessions = createPool({ url: postgres.url, max: 1, applicationName: 'operator' })
  await sessions.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'test'`)
  await sessions.end()
  await expect.poll(async () => (await during.append(failed ?? large())).status, { timeout: 20_000 }).toBe('appended')
  expect(await ids()).toEqual([...appended, ...failed.records.map(({ id }) => id)])
  expect(journal.partitions).toBe(2)
  await full.end()
})
