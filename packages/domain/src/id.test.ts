import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  AccountId,
  DestinationVersionId,
  isMessageId,
  MessageId,
  newDestinationVersionId,
  newId,
  RoomId,
} from './id.ts'

test('a new id is 12 letters and digits, and may become any kind of id', () => {
  const id = newId(randomBytes)
  expect(id).toMatch(/^[A-Za-z0-9]{12}$/)
  expect(RoomId.parse(id)).toBe(id)
  expect(isMessageId(id)).toBe(true)
})

test('every character is as likely as any other: bytes that would favour some are drawn again', () => {
  let drawn = 0
  const everyByteInTurn = (n: number) => Uint8Array.from({ length: n }, () => drawn++ % 256)
  const counts = new Map<string, number>()
  // 62 ids of 12 characters take three rounds of the 248 bytes that are used.
  for (let made = 0; made < 62; made += 1) {
    for (const character of newId((n) => everyByteInTurn(Math.min(n, 1)))) {
      counts.set(character, (counts.get(character) ?? 0) + 1)
    }
  }
  expect(counts.size).toBe(62)
  expect(new Set(counts.values())).toEqual(new Set([12]))
})

test('bytes past the last whole alphabet are never used', () => {
  const answers = [Uint8Array.of(255, 248, 249), new Uint8Array(12)]
  expect(newId(() => answers.shift() ?? new Uint8Array(12))).toBe('AAAAAAAAAAAA')
})

test.each(['', 'aB3dE5fG7hJ', 'aB3dE5fG7hJ90', 'aB3dE5fG7hJ-', 'aB3dE5fG7hJ9\n', 'äB3dE5fG7hJ9'])(
  '%j is no id',
  (value) => {
    expect(MessageId.safeParse(value).success).toBe(false)
    expect(isMessageId(value)).toBe(false)
  },
)

test('an account has 12 digits, a destination version is an integer from 1', () => {
  expect(AccountId.safeParse('000000000001').success).toBe(true)
  for (const value of ['12345678901', '1234567890123', '12345678901a']) {
    expect(AccountId.safeParse(value).success).toBe(false)
  }
  expect(DestinationVersionId.safeParse(1).success).toBe(true)
  for (const value of [0, -1, 1.5, '1']) expect(DestinationVersionId.safeParse(value).success).toBe(false)
})

test('ids of destination versions are drawn from what an integer column holds, and no earlier version counted so far', () => {
  expect(newDestinationVersionId((n) => new Uint8Array(n))).toBe(2 ** 30)
  expect(newDestinationVersionId((n) => new Uint8Array(n).fill(0xff))).toBe(2 ** 31 - 1)
  const drawn = Array.from({ length: 1_000 }, () => newDestinationVersionId(randomBytes))
  expect(new Set(drawn).size).toBeGreaterThan(990)
})
