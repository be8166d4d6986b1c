import { expect, test } from 'vitest'
import { cutPage, pageStart, tokenAfter } from './page.ts'

test('a token leads back to where it was made', () => {
  const end = { timeMs: 1_700_000_000_123, id: 'abcDEF123456' }
  expect(pageStart(tokenAfter(end))).toEqual({ ok: true, value: end })
  expect(pageStart(undefined)).toEqual({ ok: true, value: undefined })
})

test.each([
  'x',
  'bm9uZQ',
  Buffer.from('[1.5,"a"]').toString('base64url'),
  // What no column can be compared with.
  tokenAfter({ timeMs: 1, id: 'a\0' }),
  tokenAfter({ timeMs: 1, id: '\ud800' }),
  `${tokenAfter({ timeMs: 1, id: 'a' })}=`,
])('%j is no token', (token) => {
  expect(pageStart(token)).toMatchObject({
    ok: false,
    error: { name: 'ValidationException', reason: 'FIELD_VALIDATION_FAILED', fieldList: [{ name: 'nextToken' }] },
  })
})

test('a page has a token only if there is more', () => {
  const endOf = (n: number) => ({ timeMs: n, id: String(n) })
  expect(cutPage([3, 2], 2, endOf)).toEqual({ page: [3, 2] })
  expect(cutPage([3, 2, 1], 2, endOf)).toEqual({ page: [3, 2], nextToken: tokenAfter(endOf(2)) })
  expect(cutPage([], 2, endOf)).toEqual({ page: [] })
})
