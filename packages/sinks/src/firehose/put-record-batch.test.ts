import { expect, test } from 'vitest'
import { rejectedRecords } from './put-record-batch.ts'

const TAKEN = { RecordId: 'r' }
const FAILED = { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' }
const saying = (answer: object) => ({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(answer)) })

test('only the records that failed are to be sent again', () => {
  expect(rejectedRecords(saying({ FailedPutCount: 1, RequestResponses: [TAKEN, FAILED, TAKEN] }), 3)).toEqual([
    { index: 1, reason: 'ServiceUnavailableException', retryable: true },
  ])
  expect(rejectedRecords(saying({ FailedPutCount: 0, RequestResponses: [TAKEN] }), 1)).toEqual([])
})

test.each([
  {},
  { FailedPutCount: 0 },
  { FailedPutCount: 0, RequestResponses: [] },
  { FailedPutCount: 0, RequestResponses: [TAKEN] },
  { FailedPutCount: 0, RequestResponses: [TAKEN, TAKEN, TAKEN] },
  { FailedPutCount: 0, RequestResponses: [TAKEN, {}] },
  { FailedPutCount: 0, RequestResponses: [TAKEN, FAILED] },
  { RequestResponses: [TAKEN, TAKEN] },
  { FailedPutCount: 2, RequestResponses: [TAKEN, FAILED] },
])('an answer that does not say of each record what became of it is not believed: %o', (answer) => {
  expect(() => rejectedRecords(saying(answer), 2)).toThrow('proves nothing')
})
