import { expect, test } from 'vitest'
import { readEnv } from './env.ts'

const good = {
  DATABASE_URL: 'postgresql://roomlog:secret@db:5432/roomlog',
  AWS_REGION: 'eu-west-1',
  ROOMLOG_ACCOUNT_ID: '123456789012',
  ROOMLOG_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
}

test('what is left out has its default', () => {
  const read = readEnv({ ...good, PORT: '' })
  expect(read).toMatchObject({
    ok: true,
    env: { host: '127.0.0.1', port: 3000, migrate: true, rootKey: undefined, shutdownMs: 10_000 },
  })
})

test('rates and ceilings are set by their variables', () => {
  const read = readEnv({ ...good, ROOMLOG_RATE_SEND_MESSAGE: '5', ROOMLOG_ROOM_RATE_MAX: '1000' })
  expect(read).toMatchObject({ ok: true, env: { rates: { SEND_MESSAGE: 5 }, ceilings: { roomRateMax: 1000 } } })
})

test('one message names every variable that is wrong, and no secret', () => {
  const read = readEnv({
    ...good,
    DATABASE_URL: 'mysql://secret',
    AWS_REGION: undefined,
    PORT: '70000',
    ROOMLOG_ENCRYPTION_KEY: 'secret',
    ROOMLOG_MIGRATE: 'maybe',
    ROOMLOG_RATE_SEND_MESSAGES: '5',
    ROOMLOG_RATE_GET_ROOM: '0',
  })
  if (read.ok) throw new Error('was accepted')
  const names = read.message
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(':')[0])
  expect(names.sort()).toEqual([
    'AWS_REGION',
    'DATABASE_URL',
    'PORT',
    'ROOMLOG_ENCRYPTION_KEY',
    'ROOMLOG_MIGRATE',
    'ROOMLOG_RATE_GET_ROOM',
    'ROOMLOG_RATE_SEND_MESSAGES',
  ])
  expect(read.message).not.toContain('secret')
  expect(read.message).toContain('AWS_REGION: is missing')
})

test('a name that is near one of ours is told, also of a variable that the writer reads', () => {
  const typos = { ROOMLOG_RETENTION_DAY: '7', ROOMLOG_S3_FLUSH_SECONDS: '60', ROOMLOG_COLOUR: 'red' }
  const warnings = [
    'ROOMLOG_COLOUR is no variable of Roomlog and has no effect',
    'ROOMLOG_RETENTION_DAY is no variable of Roomlog and has no effect; was ROOMLOG_RETENTION_DAYS meant?',
  ]
  expect(readEnv({ ...good, ...typos })).toMatchObject({ ok: true, warnings })
  const wrong = readEnv({ ...good, ...typos, ROOMLOG_MIGRATE: 'maybe' })
  expect(wrong).toMatchObject({ ok: false, message: expect.stringContaining(warnings.join('\n  ')) })
})

test('a root key needs both of its halves', () => {
  const read = readEnv({ ...good, ROOMLOG_ROOT_ACCESS_KEY_ID: 'ROOT' })
  expect(read).toMatchObject({
    ok: false,
    message: expect.stringContaining('ROOMLOG_ROOT_SECRET_ACCESS_KEY: is missing'),
  })
})
