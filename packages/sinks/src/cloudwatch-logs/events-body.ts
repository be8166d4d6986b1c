import type { SinkRecord } from '../port.ts'
import { messageOf } from './message.ts'

const BETWEEN = '"},{"timestamp":'
const MESSAGE = ',"message":"'
const END = '"}]}'
const TIME_DIGITS_MAX = 20
const NEWLINE_BYTES = 1

const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20

export type EventsNames = { readonly logGroupName: string; readonly logStreamName: string }

/** The body of a PutLogEvents call: each record, without its `\n`, is the message of one event. */
export function eventsBody(names: EventsNames, records: readonly SinkRecord[]): Buffer {
  const start = JSON.stringify({ ...names, logEvents: [] }).slice(0, -2)
  const body = Buffer.allocUnsafe(Buffer.byteLength(start) + sizeMax(records) + END.length)
  let at = body.write(start)
  let before = '{"timestamp":'
  for (const { bytes, timeMs } of records) {
    at += body.write(`${before}${timeMs}${MESSAGE}`, at, 'latin1')
    at = writeEscaped(bytes, bytes.length - NEWLINE_BYTES, body, at)
    if (at === -1) return serialised(names, records)
    before = BETWEEN
  }
  at += body.write(END, at, 'latin1')
  return body.subarray(0, at)
}

function sizeMax(records: readonly SinkRecord[]): number {
  let size = 0
  for (const { bytes } of records) size += 2 * bytes.length
  return size + records.length * (BETWEEN.length + MESSAGE.length + TIME_DIGITS_MAX)
}

/**
 * Writes `from` as it stands inside a JSON string. A line of JSON has but two bytes to escape; -1 if it has others, such as
 * a tab between its tokens.
 */
function writeEscaped(from: Buffer, length: number, to: Buffer, start: number): number {
  let at = start
  for (let i = 0; i < length; i++) {
    const byte = from[i] ?? 0
    if (byte === QUOTE || byte === BACKSLASH) to[at++] = BACKSLASH
    else if (byte < SPACE) return -1
    to[at++] = byte
  }
  return at
}

function serialised(names: EventsNames, records: readonly SinkRecord[]): Buffer {
  const logEvents = records.map((record) => ({ timestamp: record.timeMs, message: messageOf(record) }))
  return Buffer.from(JSON.stringify({ ...names, logEvents }))
}
