import type { SinkRecord } from '../port.ts'
import type { Scratch } from '../scratch.ts'
import { messageOf } from './message.ts'

const FIRST = '{"timestamp":'
const NEXT = '"},{"timestamp":'
const MESSAGE = ',"message":"'
const END = '"}]}'
const TIME_DIGITS_MAX = 20
const TIME_LOW_DIGITS = 6
const TIME_LOW = 10 ** TIME_LOW_DIGITS
const NEWLINE_BYTES = 1

const BACKSLASH = 0x5c
/** What a byte needs inside a JSON string: nothing, a backslash before it, or what a line of JSON has no use for. */
const [AS_IT_IS, ESCAPED, UNHEARD_OF] = [0, 1, 2]
const NEEDS = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte < 0x20) return UNHEARD_OF
  return byte === 0x22 || byte === BACKSLASH ? ESCAPED : AS_IT_IS
})

export type EventsNames = { readonly logGroupName: string; readonly logStreamName: string }

/** The body of a PutLogEvents call, in memory from `take`: each record, without its `\n`, is the message of one event. */
export function eventsBody(names: EventsNames, records: readonly SinkRecord[], take: Scratch['take']): Buffer {
  const start = JSON.stringify({ ...names, logEvents: [] }).slice(0, -2)
  const body = take(Buffer.byteLength(start) + sizeMax(records) + END.length)
  let at = body.write(start)
  let before = FIRST
  for (const { source, start: from, byteLength, timeMs } of records) {
    at = writeText(before, body, at)
    at = writeTime(timeMs, body, at)
    at = writeText(MESSAGE, body, at)
    at = writeEscaped(source, from, from + byteLength - NEWLINE_BYTES, body, at)
    if (at === -1) return serialised(names, records)
    before = NEXT
  }
  at = writeText(END, body, at)
  return body.subarray(0, at)
}

function sizeMax(records: readonly SinkRecord[]): number {
  let size = 0
  for (const { byteLength } of records) size += 2 * byteLength
  return size + records.length * (NEXT.length + MESSAGE.length + TIME_DIGITS_MAX)
}

/** Digits in two parts that are small integers each: as one number they would be written as a fraction is, five times as slowly. */
function writeTime(timeMs: number, to: Buffer, start: number): number {
  const high = Math.floor(timeMs / TIME_LOW)
  const at = writeText(high === 0 ? '' : String(high), to, start)
  const low = String(timeMs - high * TIME_LOW)
  return writeText(high === 0 ? low : low.padStart(TIME_LOW_DIGITS, '0'), to, at)
}

/** For a few characters, which `write` takes longer to be called for. */
function writeText(text: string, to: Buffer, start: number): number {
  let at = start
  for (let i = 0; i < text.length; i++) to[at++] = text.charCodeAt(i)
  return at
}

/** Writes a part of `source` as it stands inside a JSON string; -1 if it is laid out with tabs or line breaks. */
function writeEscaped(source: Buffer, from: number, end: number, to: Buffer, start: number): number {
  let at = start
  for (let i = from; i < end; i++) {
    const byte = source[i]
    if (byte === undefined) break
    const need = NEEDS[byte]
    if (need !== AS_IT_IS) {
      if (need === UNHEARD_OF) return -1
      to[at++] = BACKSLASH
    }
    to[at++] = byte
  }
  return at
}

function serialised(names: EventsNames, records: readonly SinkRecord[]): Buffer {
  const logEvents = records.map((record) => ({ timestamp: record.timeMs, message: messageOf(record) }))
  return Buffer.from(JSON.stringify({ ...names, logEvents }))
}
