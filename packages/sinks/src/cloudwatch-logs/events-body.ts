import type { SinkRecords } from '../port.ts'
import type { Scratch } from '../scratch.ts'
import { createEventWriter, type EventWriter } from './event-writer.ts'
import { messageOf } from './message.ts'

/** Of an event without its message: 16 for `"},{"timestamp":`, 16 for the digits, 12 for `,"message":"`. */
const EVENT_BYTES_MAX = 44
const END = '"}]}'

export type EventsNames = { readonly logGroupName: string; readonly logStreamName: string }

/** The body of a PutLogEvents call, in memory from `take`: each record, without its `\n`, is the message of one event. */
export function eventsBody(
  names: EventsNames,
  records: SinkRecords,
  take: Scratch['take'],
  writer: EventWriter = sharedWriter(),
): Buffer {
  const start = JSON.stringify({ ...names, logEvents: [] }).slice(0, -2)
  const body = take(Buffer.byteLength(start) + sizeMax(records) + END.length)
  const end = writer.write(records, body, body.write(start))
  if (end === undefined) return serialised(names, records)
  return body.subarray(0, end + body.write(END, end, 'latin1'))
}

let shared: EventWriter | undefined
/** One for all sinks: nothing of a body is in its memory any more once the body is written. */
function sharedWriter(): EventWriter {
  shared ??= createEventWriter()
  return shared
}

function sizeMax(records: SinkRecords): number {
  let size = records.length * EVENT_BYTES_MAX
  for (let n = 0; n < records.length; n++) size += 2 * (records.at(n)?.byteLength ?? 0)
  return size
}

/** Of any records, several times as slowly: lines laid out with tabs or line breaks, or a Node without WebAssembly. */
function serialised(names: EventsNames, records: SinkRecords): Buffer {
  const logEvents = Array.from(records, (record) => ({ timestamp: record.timeMs, message: messageOf(record) }))
  return Buffer.from(JSON.stringify({ ...names, logEvents }))
}
