import { expect, test } from 'vitest'
import { rejectedEvents } from './rejected.ts'

const indexes = (info: Parameters<typeof rejectedEvents>[0]) => rejectedEvents(info, 5).map(({ index }) => index)

test('the ends are exclusive, the start is inclusive', () => {
  expect(indexes({ tooOldLogEventEndIndex: 2 })).toEqual([0, 1])
  expect(indexes({ expiredLogEventEndIndex: 1 })).toEqual([0])
  expect(indexes({ tooNewLogEventStartIndex: 3 })).toEqual([3, 4])
  expect(indexes({ tooOldLogEventEndIndex: 1, expiredLogEventEndIndex: 2, tooNewLogEventStartIndex: 4 })).toEqual([
    0, 1, 4,
  ])
})

test('nothing named means that all were taken', () => {
  expect(indexes(undefined)).toEqual([])
  expect(indexes({})).toEqual([])
})

test('what is too old today is not sent again', () => {
  expect(rejectedEvents({ tooOldLogEventEndIndex: 1 }, 1)).toEqual([
    { index: 0, reason: "too old (over 14 days or the log group's retention)", retryable: false },
  ])
})
