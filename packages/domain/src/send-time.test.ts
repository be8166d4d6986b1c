import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatEventTimestamp, formatSendTime, recordTime, recordTimes } from './send-time.ts'

const anyTime = fc.bigInt({ min: 0n, max: 253_402_300_799_999_999_999n })

test.each([
  [1_672_929_212_894_089_757n, '2023-01-05T14:33:32.894089757Z', '2023-01-05T14:33:32.894Z'],
  [1_672_929_227_330_983_449n, '2023-01-05T14:33:47.330983449Z', '2023-01-05T14:33:47.330Z'],
  [1_755_150_520_415_514_370n, '2025-08-14T05:48:40.41551437Z', '2025-08-14T05:48:40.415Z'],
  [1_677_859_293_875_644_970n, '2023-03-03T16:01:33.87564497Z', '2023-03-03T16:01:33.875Z'],
  [1_755_150_520_000_000_000n, '2025-08-14T05:48:40Z', '2025-08-14T05:48:40.000Z'],
  [1_755_150_520_100_000_000n, '2025-08-14T05:48:40.1Z', '2025-08-14T05:48:40.100Z'],
  [1_755_150_520_000_000_001n, '2025-08-14T05:48:40.000000001Z', '2025-08-14T05:48:40.000Z'],
  [1_755_150_520_999_999_999n, '2025-08-14T05:48:40.999999999Z', '2025-08-14T05:48:40.999Z'],
  [0n, '1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
])('%s ns is %s and %s', (ns, sendTime, eventTimestamp) => {
  expect(formatSendTime(ns)).toBe(sendTime)
  expect(formatEventTimestamp(ns)).toBe(eventTimestamp)
})

test('neither form ever rounds: the digits read back are the time that was given', () => {
  fc.assert(
    fc.property(anyTime, (ns) => {
      const sendTime = formatSendTime(ns)
      const [, second, fraction = ''] = /^(.{19})(?:\.(\d*[1-9]))?Z$/.exec(sendTime) ?? []
      expect(BigInt(Date.parse(`${second}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))).toBe(ns)
      expect(BigInt(Date.parse(formatEventTimestamp(ns)))).toBe(ns / 1_000_000n)
    }),
  )
})

test('times of one call are a nanosecond apart, also over the end of a millisecond', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 4_000_000_000_000n }), fc.nat(5), (ms, before) => {
      const firstNs = ms * 1_000_000n + 1_000_000n - BigInt(before)
      const nextTime = recordTimes(firstNs)
      for (let n = 0n; n < 8n; n++) expect(nextTime()).toEqual(recordTime(firstNs + n))
    }),
  )
})

test('a time without a four-digit year is a bug', () => {
  expect(() => formatSendTime(-1n)).toThrow(RangeError)
  expect(() => formatSendTime(253_402_300_800_000_000_000n)).toThrow(RangeError)
  expect(() => recordTimes(-1n)).toThrow(RangeError)
})
