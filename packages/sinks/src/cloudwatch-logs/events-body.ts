import { messageOf } from '../line.ts'
import type { SinkRecords } from '../port.ts'
import { createEventWriter, type EventWriter } from './event-writer.ts'

const END = Buffer.from('"}]}')

export type EventsNames = { readonly logGroupName: string; readonly logStreamName: string }

/** The body of a PutLogEvents call: each record, without its `\n`, is the message of one event. */
export function eventsBody(names: EventsNames, records: SinkRecords, writer: EventWriter = sharedWriter()): Buffer {
  const events = writer(records)
  if (events === undefined) return serialised(names, records)
  return Buffer.concat([Buffer.from(JSON.stringify({ ...names, logEvents: [] }).slice(0, -2)), events, END])
}

let shared: EventWriter | undefined
/** One for all sinks: nothing of a body is in its memory any more once the body is written. */
function sharedWriter(): EventWriter {
  shared ??= createEventWriter()
  return shared
}

/** Of any records, several times as slowly: lines laid out with tabs or line breaks, or a Node without WebAssembly. */
function serialised(names: EventsNames, records: SinkRecords): Buffer {
  const logEvents = Array.from(records, (record) => ({ timestamp: record.timeMs, message: messageOf(record) }))
  return Buffer.from(JSON.stringify({ ...names, logEvents }))
}
