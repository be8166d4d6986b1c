import { expect, test } from 'vitest'
import { certainlyRolledBack, sqlState } from './errors.ts'

test.each([
  ['55P03', 'lock_timeout', true],
  ['57014', 'statement_timeout or cancelled', true],
  ['40001', 'serialization failure', true],
  ['40P01', 'deadlock', true],
  ['53100', 'disk full', true],
  ['25006', 'read only', true],
  ['23505', 'unique violation', true],
  ['40003', 'completion unknown', false],
  ['57P01', 'admin shutdown', false],
  ['57P02', 'crash shutdown', false],
  ['57P05', 'idle session timeout', false],
  ['08006', 'connection failure', false],
  ['58030', 'io error', false],
  ['XX000', 'internal error', false],
])('%s (%s): certainly rolled back is %s', (code, message, expected) => {
  expect(certainlyRolledBack(Object.assign(new Error(message), { severity: 'ERROR', code }))).toBe(expected)
})

test('an error that the server did not send says nothing about the commit', () => {
  for (const code of ['ECONNRESET', 'EPIPE', 'ETIMEDOUT']) {
    const error = Object.assign(new Error('socket'), { code })
    expect([sqlState(error), certainlyRolledBack(error)]).toEqual([undefined, false])
  }
  expect(certainlyRolledBack(new Error('Connection terminated unexpectedly'))).toBe(false)
  expect(certainlyRolledBack(undefined)).toBe(false)
})
