import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { sampleRecords } from '../../test/sample-records.ts'
import { lineOf } from '../line.ts'
import type { SinkRecord } from '../port.ts'
import { RECORD_BYTES_MAX } from './limits.ts'
import { type Packs, packsOf } from './packs.ts'
import { batchBody, rejectedRecords } from './put-record-batch.ts'

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

const [sample] = sampleRecords(1)

/** Each in a source of its own, or all in one, one behind the other. */
function recordsOf(lines: readonly Uint8Array[], together: boolean): SinkRecord[] {
  if (!sample) throw new Error('there is a sample')
  const all = Buffer.concat(lines)
  let end = 0
  return lines.map((line) => {
    const start = end
    end += line.length
    const own = together ? { source: all, start } : { source: Buffer.from(line), start: 0 }
    return { ...sample, ...own, byteLength: line.length }
  })
}

const bodyOf = (records: readonly SinkRecord[], packs: Packs) => batchBody('a-"stream"', records, packs).toString()
const expected = (records: readonly SinkRecord[], packs: Packs) =>
  JSON.stringify({
    DeliveryStreamName: 'a-"stream"',
    Records: packs.map((to, n) => ({
      Data: Buffer.concat(records.slice(packs[n - 1] ?? 0, to).map(lineOf)).toString('base64'),
    })),
  })

describe('the body of PutRecordBatch', () => {
  it('is the base64 of any bytes, of any length, in packs of any size', () => {
    const lines = fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(lines, fc.boolean(), fc.nat(200), (bytes, together, packBytes) => {
        const records = recordsOf(bytes, together)
        const packs = packsOf(records, packBytes)
        expect(bodyOf(records, packs)).toBe(expected(records, packs))
      }),
    )
  })

  it('packs hold whole lines, one behind the other', () => {
    const records = sampleRecords(7)
    const { Records } = JSON.parse(bodyOf(records, [3, 7]))
    const data: string[] = Records.map(({ Data }: { Data: string }) => Buffer.from(Data, 'base64').toString())
    expect(data).toEqual([records.slice(0, 3), records.slice(3)].map((pack) => pack.map(lineOf).join('')))
  })

  it('holds records as large as there can be, and thousands of small ones', () => {
    const records = recordsOf([Buffer.from('{}\n'), Buffer.alloc(RECORD_BYTES_MAX, 'large'), Buffer.from('{}\n')], true)
    for (const packs of [[1, 2, 3], [3]]) expect(bodyOf(records, packs) === expected(records, packs)).toBe(true)
    const many = sampleRecords(4_000)
    for (const packBytes of [0, 5_000, 100_000]) {
      const packs = packsOf(many, packBytes)
      expect(bodyOf(many, packs) === expected(many, packs)).toBe(true)
    }
  })
})
