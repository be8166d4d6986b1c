import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleRecords } from '../../test/sample-records.ts'
import { lineOf } from '../line.ts'
import type { SinkRecord } from '../port.ts'
import { batchBody } from './batch-body.ts'
import { createDataWriter, type DataWriter } from './data-writer.ts'
import { RECORD_BYTES_MAX } from './limits.ts'
import { type Packs, packsOf } from './packs.ts'

const NAME = { DeliveryStreamName: 'a-stream' }
const [sample] = sampleRecords(1)
const writer = createDataWriter()
/** Where the slow way, which can do everything, would hide that the fast one cannot. */
const FAST: DataWriter = {
  write(...call) {
    const end = writer.write(...call)
    expect(end).toBeDefined()
    return end
  },
}
const NONE: DataWriter = { write: () => undefined }

/** Each in a source of its own, or all in one, one behind the other. */
function recordsOf(lines: readonly Uint8Array[], together: boolean): SinkRecord[] {
  if (!sample) throw new Error('there is a sample')
  const all = Buffer.concat(lines)
  let end = 0
  return lines.map((line) => {
    const start = end
    end += line.length
    return {
      ...sample,
      source: together ? all : Buffer.from(line),
      start: together ? start : 0,
      byteLength: line.length,
    }
  })
}

const bodyOf = (records: readonly SinkRecord[], packs: Packs, by = FAST) =>
  batchBody(NAME, records, packs, Buffer.allocUnsafe, by).toString()
const expected = (records: readonly SinkRecord[], packs: Packs) =>
  JSON.stringify({
    ...NAME,
    Records: packs.map((to, n) => ({
      Data: Buffer.concat(records.slice(packs[n - 1] ?? 0, to).map(lineOf)).toString('base64'),
    })),
  })

describe('the body of PutRecordBatch', () => {
  it.each([1, 2, 500])('%i records are what the SDK would make of them, written fast or not', (count) => {
    const records = sampleRecords(count)
    const packs = packsOf(records, 0)
    expect(bodyOf(records, packs)).toBe(expected(records, packs))
    expect(bodyOf(records, packs, NONE)).toBe(expected(records, packs))
  })

  it('packs hold whole lines, one behind the other', () => {
    const records = sampleRecords(7)
    const packs = [3, 7]
    const { Records } = JSON.parse(bodyOf(records, packs))
    const data: string[] = Records.map(({ Data }: { Data: string }) => Buffer.from(Data, 'base64').toString())
    expect(data).toEqual([records.slice(0, 3), records.slice(3)].map((pack) => pack.map(lineOf).join('')))
    expect(bodyOf(records, packs, NONE)).toBe(bodyOf(records, packs))
  })

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

  it('has each byte at each place, and every line up to its end', () => {
    const all = Buffer.from(Array.from({ length: 256 * 3 }, (_, n) => (n * 85 + (n >> 8)) & 0xff))
    for (let length = 1; length <= 50; length++) {
      const records = recordsOf(
        Array.from({ length: all.length - length }, (_, n) => all.subarray(n, n + length)),
        false,
      )
      const packs = packsOf(records, 0)
      expect(bodyOf(records, packs) === expected(records, packs)).toBe(true)
    }
  })

  it('holds records as large as there can be, and thousands of small ones', () => {
    for (const bytes of [64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1, RECORD_BYTES_MAX]) {
      const records = recordsOf([Buffer.from('{}\n'), Buffer.alloc(bytes, 'large'), Buffer.from('{}\n')], true)
      const packs = packsOf(records, 0)
      expect(bodyOf(records, packs) === expected(records, packs)).toBe(true)
    }
    const records = sampleRecords(4_000)
    for (const packBytes of [0, 5_000, 100_000]) {
      const packs = packsOf(records, packBytes)
      expect(bodyOf(records, packs) === expected(records, packs)).toBe(true)
    }
  })

  it('holds a pack that is larger than any record can be', () => {
    const records = recordsOf([Buffer.alloc(RECORD_BYTES_MAX, 'a'), Buffer.alloc(RECORD_BYTES_MAX, 'b')], true)
    const packs = [2]
    expect(batchBody(NAME, records, packs, Buffer.allocUnsafe).toString() === expected(records, packs)).toBe(true)
  })
})
