import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleRecords } from '../../test/sample-records.ts'
import type { SinkRecord } from '../port.ts'
import { eventsBody } from './events-body.ts'

const NAMES = { logGroupName: '/a/"group"', logStreamName: 'room_\u65e5' }
const [sample] = sampleRecords(1)

function recordOf(line: string, timeMs: number): SinkRecord {
  if (!sample) throw new Error('there is a sample')
  const source = Buffer.from(`${line}\n`)
  return { ...sample, timeMs, source, start: 0, byteLength: source.length }
}

function parsed(records: readonly SinkRecord[]): unknown {
  return JSON.parse(eventsBody(NAMES, records, Buffer.allocUnsafe).toString())
}

describe('the body of PutLogEvents', () => {
  it('holds each record as its message, whatever is in it', () => {
    const line = fc.oneof(
      fc.json({ stringUnit: 'binary', maxDepth: 2 }),
      fc.string({ unit: 'binary' }).map((text) => JSON.stringify({ text })),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(line, fc.nat()), { minLength: 1, maxLength: 8 }), (events) => {
        expect(parsed(events.map(([text, timeMs]) => recordOf(text, timeMs)))).toEqual({
          ...NAMES,
          logEvents: events.map(([text, timestamp]) => ({ timestamp, message: Buffer.from(text).toString() })),
        })
      }),
    )
  })

  it('holds a record that is laid out with tabs and line breaks too', () => {
    const line = JSON.stringify({ a: 'b' }, undefined, '\t')
    expect(parsed([recordOf('{}', 1), recordOf(line, 2)])).toMatchObject({
      logEvents: [
        { timestamp: 1, message: '{}' },
        { timestamp: 2, message: line },
      ],
    })
  })
})
