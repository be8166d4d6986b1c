import { createPool } from '@roomlog/db'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readJournal } from '../test/journal.ts'
import { createTestDatabase, startApi, type TestApi } from '../test/start-api.ts'

const HOSTILE = {
  DateStyle: 'German, DMY',
  IntervalStyle: 'sql_standard',
  TimeZone: 'Asia/Kathmandu',
  bytea_output: 'escape',
  standard_conforming_strings: 'off',
  search_path: 'public',
  lc_messages: 'POSIX',
  client_encoding: 'LATIN1',
  row_security: 'on',
  extra_float_digits: '-15',
  array_nulls: 'off',
  default_transaction_isolation: 'serializable',
}

let api: TestApi
let url: string
let drop: () => Promise<void>

beforeAll(async () => {
  ;({ url, drop } = await createTestDatabase())
  const pool = createPool({ url, max: 1, applicationName: 'operator' })
  for (const [name, value] of Object.entries(HOSTILE)) {
    await pool.query(`alter database ${new URL(url).pathname.slice(1)} set ${name} = '${value}'`)
  }
  await pool.end()
  api = await startApi(url)
})
afterAll(async () => {
  await api?.close()
  await drop?.()
})

test('whatever the database has as its defaults, a room is made, changed, listed, sent to and read as ever', async () => {
  const s3 = { bucketName: 'bucket' }
  const archive = await api.call('loggingConfiguration.create', { destinationConfiguration: { s3 } })
  const beganAt = Date.now()
  const { status, data: room } = await api.call('room.create', {
    name: 'launch',
    tags: { é: '\\x00' },
    loggingConfigurationIdentifiers: [archive.data.arn],
  })
  expect(status).toBe(200)
  expect(Math.abs(Date.parse(room.createTime) - beganAt)).toBeLessThan(10_000)
  const updated = await api.call('room.update', { identifier: room.arn, name: 'later' })
  expect(updated.data).toMatchObject({ name: 'later', createTime: room.createTime, tags: { é: '\\x00' } })
  expect((await api.call('room.list')).data.rooms).toEqual([expect.objectContaining({ arn: room.arn })])
  const content = "😀 \\x41 'quoted'"
  const sent = await api.call('chat.sendMessage', { roomIdentifier: room.arn, sender: { userId: 'ann' }, content })
  expect(Math.abs(Date.parse(sent.data.sendTime) - Date.now())).toBeLessThan(10_000)
  const [{ record } = { record: undefined }] = await readJournal(url)
  expect(record).toMatchObject({ payload: { Id: sent.data.id, Content: content } })
  const delivery = await api.call('delivery.status')
  expect(delivery.status).toBe(200)
  const ready = await fetch(`${api.url}/readyz`)
  expect(ready.status).toBe(200)
})
