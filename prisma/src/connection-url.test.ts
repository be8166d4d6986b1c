import { expect, test } from 'vitest'
import { connectionString, isDatabaseUrl, parseDatabaseUrl, placeOf } from './connection-url.ts'

test.each([
  ['postgresql://u:p@h:5/db', 'postgresql://u:p@h:5/db'],
  ['postgres://h/db?schema=x&sslmode=require', 'postgres://h/db?sslmode=require'],
  ['postgresql://u@/db?host=/dir', 'postgresql:///db?host=%2Fdir&user=u'],
  ['postgresql://u:p%40:w@:5433/db?host=/dir', 'postgresql:///db?host=%2Fdir&user=u&password=p%40%3Aw&port=5433'],
  ['postgresql:///db?host=/dir', 'postgresql:///db?host=%2Fdir'],
  ['postgresql://u@?host=/dir&dbname=my%20db', 'postgresql:///my%20db?host=%2Fdir&user=u'],
  ['postgresql://%2Fvar%2Frun/db', 'postgresql://%2Fvar%2Frun/db'],
])('%s is taken as libpq takes it', (text, expected) => {
  expect(new URL(connectionString(text)).href).toBe(new URL(expected).href)
})

test.each(['mysql://u@h/db', 'postgresql//h', '', 'postgresql://u:secret@h:port/db', 'postgresql://%zz@/db'])(
  '%j is refused, and not repeated',
  (text) => {
    expect(isDatabaseUrl(text)).toBe(false)
    expect(() => parseDatabaseUrl(text)).toThrow(/^not a postgresql:\/\/ URL$/)
  },
)

test('where it leads is told without user and password', () => {
  expect(placeOf('postgresql://u:secret@/db?host=/dir')).toBe('/dir/db')
  expect(placeOf('postgresql://u:secret@h:5/db')).toBe('h:5/db')
})
