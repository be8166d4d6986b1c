import { expect, test } from 'vitest'
import { rejectedRecords } from './rejected.ts'

const TAKEN = { RecordId: 'r' }
const FAILED = { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' }

test('only the records that failed are to be sent again', () => {
  expect(rejectedRecords({ FailedPutCount: 1, RequestResponses: [TAKEN, FAILED, TAKEN] }, 3)).toEqual([
    { index: 1, reason: 'ServiceUnavailableException', retryable: true },
  ])
  expect(rejectedRecords({ FailedPutCount: 0, RequestResponses: [TAKEN] }, 1)).toEqual([])
})

test.each([
  {},
  { FailedPutCount: 1 },
  { FailedPutCount: 1, RequestResponses: [FAILED] },
  { FailedPutCount: 2, RequestResponses: [TAKEN, FAILED] },
])('an answer that contradicts itself is not believed: %o', (answer) => {
  expect(rejectedRecords(answer, 2)).toBeUndefined()
})
