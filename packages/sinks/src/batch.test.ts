import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { takeBatch } from './batch.ts'
import type { BatchLimits } from './port.ts'

type Sized = { readonly byteLength: number; readonly timeMs: number }

const limits = fc.record({
  recordsMax: fc.integer({ min: 1, max: 8 }),
  bytesMax: fc.integer({ min: 1, max: 60 }),
  overheadBytes: fc.integer({ min: 0, max: 5 }),
  recordBytesMax: fc.integer({ min: 1, max: 30 }),
  spanMaxMs: fc.integer({ min: 0, max: 20 }),
})
const records = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 35 }), fc.integer({ min: 0, max: 6 })), { maxLength: 20 })
  .map((steps) => {
    let timeMs = 0
    return steps.map(([length, stepMs]): Sized => {
      timeMs += stepMs
      return { byteLength: length, timeMs }
    })
  })

/** The limits, said as plainly as they can be. */
function isAllowed(
  batch: readonly Sized[],
  { recordsMax, bytesMax, overheadBytes, recordBytesMax, spanMaxMs }: BatchLimits,
) {
  const bytes = batch.reduce((sum, record) => sum + record.byteLength + overheadBytes, 0)
  const times = batch.map((record) => record.timeMs)
  return (
    batch.length <= recordsMax &&
    bytes <= bytesMax &&
    batch.every((record) => record.byteLength <= recordBytesMax) &&
    Math.max(...times) - Math.min(...times) <= spanMaxMs
  )
}

describe('takeBatch', () => {
  test('takes as many records as fit, and not one more', () => {
    fc.assert(
      fc.property(records, limits, fc.nat(20), (all, given, from) => {
        const taken = takeBatch(all, given, from)
        const rest = all.slice(from)
        if (taken > 0) expect(isAllowed(rest.slice(0, taken), given)).toBe(true)
        if (taken < rest.length) expect(isAllowed(rest.slice(0, taken + 1), given)).toBe(false)
        expect(taken).toBeLessThanOrEqual(Math.max(0, rest.length))
      }),
      { numRuns: 2_000 },
    )
  })

  test('takes nothing only at the end or before a record that can never be sent', () => {
    fc.assert(
      fc.property(records, limits, (all, given) => {
        for (let from = 0; from < all.length; from += Math.max(1, takeBatch(all, given, from))) {
          const first = all[from]
          if (first === undefined || takeBatch(all, given, from) > 0) continue
          expect(isAllowed([first], given)).toBe(false)
        }
        expect(takeBatch(all, given, all.length)).toBe(0)
      }),
    )
  })
})
