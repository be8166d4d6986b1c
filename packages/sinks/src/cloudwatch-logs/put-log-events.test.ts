import { expect, test } from 'vitest'
import { rejectedEvents } from './put-log-events.ts'

const saying = (rejectedLogEventsInfo: unknown) => ({
  status: 200,
  headers: { 'X-Amzn-RequestId': 'id' },
  body: Buffer.from(JSON.stringify({ nextSequenceToken: '1', rejectedLogEventsInfo })),
})
const indexes = (info: unknown) => rejectedEvents(saying(info), 5).map(({ index }) => index)

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
  expect(indexes(null)).toEqual([])
  expect(indexes({})).toEqual([])
})

test.each([
  'text',
  [],
  { tooOldLogEventEndIndex: '2' },
  { tooOldLogEventEndIndex: 6 },
  { tooNewLogEventStartIndex: -1 },
  { tooLargeLogEventEndIndex: 1 },
])('what cannot be read as a part of the batch leaves open what was taken: %o', (info) => {
  expect(() => indexes(info)).toThrow('which events it rejects cannot be read')
})

test('what is too old today is not sent again', () => {
  expect(rejectedEvents(saying({ tooOldLogEventEndIndex: 1 }), 1)).toEqual([
    { index: 0, reason: "too old (over 14 days or the log group's retention)", retryable: false },
  ])
})
