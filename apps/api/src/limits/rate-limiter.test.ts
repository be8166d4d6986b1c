import { expect, test } from 'vitest'
import { createRateLimiter, refilledInMs, takeToken } from './rate-limiter.ts'

const limiterAt = (options: { bucketsMax?: number } = {}) => {
  const clock = { ms: 0 }
  return { clock, limiter: createRateLimiter({ nowMs: () => clock.ms, ...options }) }
}

test('a burst of one second is let through and the next one is refused', () => {
  const { limiter } = limiterAt()
  const limit = { key: 'room', perSecond: 3 }
  expect([1, 2, 3, 4].map(() => limiter.take([limit]))).toEqual([undefined, undefined, undefined, limit])
})

test('tokens come back at the steady rate and never exceed one second of it', () => {
  const { clock, limiter } = limiterAt()
  const limit = { key: 'room', perSecond: 2 }
  limiter.take([limit])
  limiter.take([limit])
  clock.ms = 499
  expect(limiter.take([limit])).toBe(limit)
  clock.ms = 500
  expect(limiter.take([limit])).toBeUndefined()
  clock.ms = 60_000
  expect([1, 2, 3].map(() => limiter.take([limit]))).toEqual([undefined, undefined, limit])
})

test('a refusal by one limit takes nothing from the others', () => {
  const { limiter } = limiterAt()
  const room = { key: 'room', perSecond: 1 }
  const account = { key: 'account', perSecond: 2 }
  expect(limiter.take([room, account])).toBeUndefined()
  expect(limiter.take([room, account])).toBe(room)
  expect(limiter.take([account])).toBeUndefined()
  expect(limiter.take([account])).toBe(account)
})

test('a lowered rate holds at once', () => {
  const { limiter } = limiterAt()
  limiter.take([{ key: 'room', perSecond: 100 }])
  const lowered = { key: 'room', perSecond: 1 }
  expect(limiter.take([lowered])).toBeUndefined()
  expect(limiter.take([lowered])).toBe(lowered)
})

test('the number of buckets is bounded and the one that rested longest goes first', () => {
  const { limiter } = limiterAt({ bucketsMax: 2 })
  const [a, b, c] = ['a', 'b', 'c'].map((key) => ({ key, perSecond: 1 }))
  if (a === undefined || b === undefined || c === undefined) throw new Error('three limits')
  limiter.take([a])
  limiter.take([b])
  limiter.take([a])
  limiter.take([c])
  expect(limiter.size).toBe(2)
  expect(limiter.take([a])).toBe(a)
})

test('time that steps back does not refill', () => {
  const { clock, limiter } = limiterAt()
  const limit = { key: 'room', perSecond: 1 }
  clock.ms = 10_000
  limiter.take([limit])
  clock.ms = 0
  expect(limiter.take([limit])).toBe(limit)
})

test('what is taken from a bucket in one turn counts as what is taken by its limit', () => {
  const { limiter } = limiterAt()
  const [room, account] = [
    { key: 'room', perSecond: 2 },
    { key: 'account', perSecond: 3 },
  ]
  const buckets = [limiter.bucket(room), limiter.bucket(account)]
  expect([takeToken(buckets), takeToken(buckets)]).toEqual([undefined, undefined])
  expect(takeToken(buckets)).toBe(buckets[0])
  expect(limiter.take([room])).toBe(room)
  expect(limiter.take([account])).toBeUndefined()
  expect(limiter.take([account])).toBe(account)
})

test('an empty bucket says when it has a token again, and has one then', () => {
  const { clock, limiter } = limiterAt()
  const limit = { key: 'k', perSecond: 3 }
  for (let taken = 0; taken < 3; taken += 1) limiter.take([limit])
  expect(limiter.take([limit])).toBe(limit)
  const afterMs = refilledInMs(limiter.bucket(limit), limit.perSecond)
  expect(afterMs).toBe(334)
  clock.ms += afterMs
  expect(limiter.take([limit])).toBeUndefined()
})
