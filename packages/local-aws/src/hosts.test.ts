import { expect, test } from 'vitest'
import { isOwnHost } from './hosts.ts'

const own = { host: '127.0.0.2', port: 4566 }

test.each(['127.0.0.1:4566', 'localhost:4566', 'LocalHost:4566', '[::1]:4566', '127.0.0.2:4566'])(
  '%s is its own name',
  (header) => {
    expect(isOwnHost(header, own)).toBe(true)
  },
)

test.each([
  undefined,
  '',
  '127.0.0.1',
  '127.0.0.1:80',
  'rebound.example:4566',
  'localhost.example:4566',
  'bucket.localhost:4566',
  '127.0.0.1:4566.example',
  '127.0.0.3:4566',
])('%s is not', (header) => {
  expect(isOwnHost(header, own)).toBe(false)
})
