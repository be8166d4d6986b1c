import { expect, test } from 'vitest'
import { wordsFor } from './readiness.ts'

test.each([
  [{ code: '53100', message: 'could not extend file "base/1/2"' }, "The database's disk is full"],
  [{ code: 'XX000', message: 'could not extend file "base/1/2"' }, 'The database refuses to append (SQLSTATE XX000)'],
  [{ code: '42501', message: 'permission denied for table journal' }, /may not write/],
  [{ code: '42P01', message: 'relation "journal" does not exist' }, /run the migrations/],
  [{ code: '25006', message: 'cannot execute INSERT in a read-only transaction' }, /read-only/],
  [{ code: '57P03', message: 'the database system is starting up' }, 'The database cannot be reached'],
  [{ code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 10.0.0.1:5432' }, 'The database cannot be reached'],
  [{ code: 'EPIPE', message: 'write EPIPE' }, 'The database cannot be reached'],
])('%j is told in words that name no file, address or user', (error, words) => {
  expect(wordsFor(Object.assign(new Error(error.message), error))).toMatch(words)
})
