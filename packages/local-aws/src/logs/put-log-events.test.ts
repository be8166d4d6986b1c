import { describe, expect, test } from 'vitest'
import { judgeBatch } from './put-log-events.ts'

const HOUR = 3600 * 1000
const DAY = 24 * HOUR
const NOW = Date.UTC(2026, 0, 31)

describe('the edges of age', () => {
  test('14 days are taken, a millisecond more is too old', () => {
    expect(judge([-14 * DAY])).toEqual({ taken: 1, rejected: undefined })
    expect(judge([-14 * DAY - 1])).toEqual({ taken: 0, rejected: { tooOldLogEventEndIndex: 1 } })
  })

  test('2 hours ahead are taken, a millisecond more is too new', () => {
    expect(judge([2 * HOUR])).toEqual({ taken: 1, rejected: undefined })
    expect(judge([2 * HOUR + 1])).toEqual({ taken: 0, rejected: { tooNewLogEventStartIndex: 0 } })
  })

  test('the retention of the group is an edge of its own', () => {
    expect(judge([-DAY], 1)).toEqual({ taken: 1, rejected: undefined })
    expect(judge([-DAY - 1, 0], 1)).toEqual({ taken: 1, rejected: { expiredLogEventEndIndex: 1 } })
    const both = { tooOldLogEventEndIndex: 1, expiredLogEventEndIndex: 2 }
    expect(judge([-15 * DAY, -2 * DAY, 0], 1)).toEqual({ taken: 1, rejected: both })
  })

  test('only events that are taken count for the span', () => {
    expect(judge([-20 * DAY, -DAY, 0, 3 * HOUR]).taken).toBe(2)
    expect(() => judge([-DAY - 1, 0])).toThrow(/24 hours/)
  })

  test('a batch of nothing but rejected events is a success', () => {
    const rejected = { tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 1 }
    expect(judge([-15 * DAY, 3 * HOUR])).toEqual({ taken: 0, rejected })
  })
})

test.each([
  ['no list', undefined],
  ['an event without a message', [{ timestamp: NOW }]],
  ['an event without a time', [{ message: 'x' }]],
  ['a negative time', [{ timestamp: -1, message: 'x' }]],
  ['a time with a fraction', [{ timestamp: 1.5, message: 'x' }]],
])('%s is refused', (_, input) => {
  expect(() => judgeBatch(input, NOW, undefined)).toThrow(/logEvents/)
})

function judge(offsetsMs: readonly number[], retentionDays?: number) {
  const events = offsetsMs.map((offsetMs) => ({ timestamp: NOW + offsetMs, message: 'x' }))
  const { accepted, rejected } = judgeBatch(events, NOW, retentionDays)
  return { taken: accepted.length, rejected }
}
