import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { sampleRecords } from '../../test/sample-records.ts'
import type { SinkRecord } from '../port.ts'
import { createEventWriter, type EventWriter } from './event-writer.ts'
import { eventsBody } from './events-body.ts'
import { MESSAGE_BYTES_MAX } from './limits.ts'

const NAMES = { logGroupName: '/a/"group"', logStreamName: 'room_\u65e5' }
const NOW_MS = Date.UTC(2026, 0, 15, 12)
const [sample] = sampleRecords(1)

type Event = { readonly line: string; readonly timeMs: number; readonly gapBytes?: number }

/** One behind the other, with other bytes between them, as those of a room stand among those of other rooms. */
function recordsOf(events: readonly Event[]): SinkRecord[] {
  if (!sample) throw new Error('there is a sample')
  const lines = events.map(({ line, gapBytes = 0 }) =>
    Buffer.concat([Buffer.alloc(gapBytes), Buffer.from(`${line}\n`)]),
  )
  const source = Buffer.concat([...lines, Buffer.from('behind')])
  let end = 0
  return events.map(({ timeMs, gapBytes = 0 }, n) => {
    const start = end + gapBytes
    end += lines[n]?.length ?? 0
    return { ...sample, timeMs, source, start, byteLength: end - start }
  })
}

const bodyOf = (records: readonly SinkRecord[]) => eventsBody(NAMES, records).toString()
const fastBodyOf = (records: readonly SinkRecord[]) => eventsBody(NAMES, records, FAST).toString()
const expected = (events: readonly Event[]) =>
  JSON.stringify({ ...NAMES, logEvents: events.map(({ line, timeMs }) => ({ timestamp: timeMs, message: line })) })
const now = (...lines: readonly string[]): Event[] => lines.map((line, n) => ({ line, timeMs: NOW_MS + n }))

const writer = createEventWriter()
/** Where the slow way, which can do everything, would hide that the fast one cannot. */
const FAST: EventWriter = (records) => {
  const events = writer(records)
  expect(events).toBeDefined()
  return events
}

function refuse(): never {
  throw new Error('invalid value type')
}

describe('the body of PutLogEvents', () => {
  const line = fc.oneof(
    fc.json({ stringUnit: 'grapheme', maxDepth: 2 }),
    fc.string({ unit: 'grapheme', maxLength: 100 }).map((text) => JSON.stringify({ text })),
    fc.string({ unit: fc.constantFrom('"', '\\', 'a', '\u007f', '\u65e5'), maxLength: 50 }),
  )
  const timeMs = fc.oneof(
    fc.integer({ min: NOW_MS, max: NOW_MS + 2_000_000 }),
    fc.maxSafeNat().map((ms) => Math.max(ms, 1_000_000)),
  )
  const gapBytes = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(5_000))

  it('is what JSON.stringify makes of the records, whatever is in them', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ line, timeMs, gapBytes }), { minLength: 1, maxLength: 20 }), (events) => {
        expect(fastBodyOf(recordsOf(events))).toBe(expected(events))
      }),
    )
  })

  it('is the same for records of many sources', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ line, timeMs }), { minLength: 2, maxLength: 20 }), (events) => {
        expect(fastBodyOf(events.flatMap((event) => recordsOf([event])))).toBe(expected(events))
      }),
    )
  })

  it('has every line up to the end, whatever its length and wherever its quotes are', () => {
    for (let length = 0; length <= 50; length++) {
      const plain = 'x'.repeat(length)
      const quoted = Array.from(plain, (_, at) => `${plain.slice(0, at)}"${plain.slice(at + 1)}`)
      const events = now(plain, ...quoted, '"'.repeat(length), '\\'.repeat(length), plain)
      expect(fastBodyOf(recordsOf(events))).toBe(expected(events))
    }
  })

  it('holds a line with a control character, wherever it is', () => {
    for (let length = 1; length <= 33; length++) {
      for (let at = 0; at < length; at++) {
        const events = now('{}', `${'x'.repeat(at)}\t${'x'.repeat(length - 1 - at)}`, '{}')
        expect(bodyOf(recordsOf(events))).toBe(expected(events))
      }
    }
  })

  it('holds a record as large as there can be, also of nothing but quotes, and what is around it', () => {
    for (const text of ['x', '"']) {
      for (const bytes of [64 * 1024 - 1, 64 * 1024, 256 * 1024, MESSAGE_BYTES_MAX]) {
        const events = now('{"a":1}', text.repeat(bytes), '{"b":2}')
        // As text: comparing this much character by character would take the test's time.
        expect(fastBodyOf(recordsOf(events)) === expected(events)).toBe(true)
      }
    }
  })

  it('holds thousands of records, near to each other or not', () => {
    for (const gapBytes of [0, 100, 5_000]) {
      const events = Array.from({ length: 4_000 }, (_, n) => {
        return { line: JSON.stringify({ n, text: 'x'.repeat(n % 70) }), timeMs: NOW_MS + n * 7_001, gapBytes }
      })
      expect(fastBodyOf(recordsOf(events)) === expected(events)).toBe(true)
    }
  })

  it('holds what only JSON.stringify can write: a larger record, more than a call may have, a time of long ago', () => {
    for (const timeMs of [0, 1, 999_999, 1_000_000]) {
      const events = [...now('{}'), { line: '{}', timeMs }]
      expect(bodyOf(recordsOf(events))).toBe(expected(events))
    }
    const large = '"'.repeat(MESSAGE_BYTES_MAX)
    for (const events of [now('{}', `${large}"`), now(large, large, large)]) {
      expect(() => bodyOf(recordsOf(events))).not.toThrow()
      expect(bodyOf(recordsOf(events)) === expected(events)).toBe(true)
    }
  })

  it('never has anything of an earlier body in it, even if a record is said to reach beyond its memory', () => {
    bodyOf(recordsOf(now('{"secret":"of another room"}', '{"secret":"of another room"}')))
    const [record] = recordsOf(now('{}'))
    if (!record) throw new Error('there is a record')
    expect(bodyOf([{ ...record, source: Buffer.from('{'), byteLength: 20 }])).toBe(expected(now('{')))
  })

  it.each([
    ['none, as with --jitless', undefined],
    ['none that takes SIMD', { Module: refuse }],
  ])('is the same without WebAssembly: %s', (_, stub) => {
    vi.stubGlobal('WebAssembly', stub)
    const slow = createEventWriter()
    vi.unstubAllGlobals()
    const events = now('{"a":"b"}', '"\\')
    expect(slow(recordsOf(events))).toBeUndefined()
    expect(eventsBody(NAMES, recordsOf(events), slow).toString()).toBe(expected(events))
  })

  it('leaves one body alone while it writes another', () => {
    const [first, second] = [now('{"a":"first"}'), now('{"b":"second"}')]
    const body = eventsBody(NAMES, recordsOf(first), FAST)
    fastBodyOf(recordsOf(second))
    expect(body.toString()).toBe(expected(first))
  })
})
