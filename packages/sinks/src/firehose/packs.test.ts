import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { takeBatch } from '../batch.ts'
import { BATCH_RECORDS_MAX } from './limits.ts'
import { limitsFor, packsOf, rejectedIn } from './packs.ts'

const records = fc.array(
  fc.integer({ min: 1, max: 40 }).map((byteLength) => ({ byteLength, timeMs: 0 })),
  { maxLength: 2_000, size: 'max' },
)

describe('packs', () => {
  it('hold every record once, in order, and no more than fits unless it is one alone', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 1, max: 100 }), (list, packBytes) => {
        const packs = packsOf(list, packBytes)
        expect(packs.at(-1) ?? 0).toBe(list.length)
        for (const [n, to] of packs.entries()) {
          const from = packs[n - 1] ?? 0
          expect(to).toBeGreaterThan(from)
          const bytes = list.slice(from, to).reduce((sum, { byteLength }) => sum + byteLength, 0)
          expect(to - from === 1 || bytes <= packBytes).toBe(true)
        }
      }),
    )
  })

  it('without a size to fill are one record each', () => {
    expect(packsOf([{ byteLength: 5 }, { byteLength: 6 }], 0)).toEqual([1, 2])
  })

  it('are never more in one write than a request takes', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 1, max: 100 }), (list, packBytes) => {
        const count = takeBatch(list, limitsFor(packBytes))
        expect(packsOf(list.slice(0, count), packBytes).length).toBeLessThanOrEqual(BATCH_RECORDS_MAX)
      }),
    )
  })

  it('that are refused are refused as all of their records', () => {
    const packs = [3, 4, 6]
    const refused = (index: number) => ({ index, reason: 'ServiceUnavailableException', retryable: true })
    expect(rejectedIn(packs, [refused(0), refused(2)])).toEqual([0, 1, 2, 4, 5].map(refused))
  })
})
