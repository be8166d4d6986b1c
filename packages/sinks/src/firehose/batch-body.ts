import { lineOf } from '../line.ts'
import type { SinkRecords } from '../port.ts'
import type { Scratch } from '../scratch.ts'
import { createDataWriter, type DataWriter } from './data-writer.ts'
import type { Packs } from './packs.ts'

const BETWEEN_BYTES = '"},{"Data":"'.length
const END = '"}]}'

export type StreamName = { readonly DeliveryStreamName: string }

/** The body of a PutRecordBatch call, in memory from `take`: the data of one record is a pack, each record with its `\n`. */
export function batchBody(
  name: StreamName,
  records: SinkRecords,
  packs: Packs,
  take: Scratch['take'],
  writer: DataWriter = sharedWriter(),
): Buffer {
  const start = JSON.stringify({ ...name, Records: [] }).slice(0, -2)
  const body = take(Buffer.byteLength(start) + sizeMax(records) + END.length)
  const end = writer.write(records, packs, body, body.write(start))
  if (end === undefined) return serialised(name, records, packs)
  return body.subarray(0, end + body.write(END, end, 'latin1'))
}

let shared: DataWriter | undefined
/** One for all sinks: nothing of a body is in its memory any more once the body is written. */
function sharedWriter(): DataWriter {
  shared ??= createDataWriter()
  return shared
}

function sizeMax(records: SinkRecords): number {
  let size = 0
  for (let n = 0; n < records.length; n++) {
    size += BETWEEN_BYTES + 4 * Math.ceil((records.at(n)?.byteLength ?? 0) / 3)
  }
  return size
}

/** Of any packs, a few times as slowly. */
function serialised(name: StreamName, records: SinkRecords, packs: Packs): Buffer {
  const lines = Array.from(records, lineOf)
  let from = 0
  const Records = packs.map((to) => {
    const data = Buffer.concat(lines.slice(from, to))
    from = to
    return { Data: data.toString('base64') }
  })
  return Buffer.from(JSON.stringify({ ...name, Records }))
}
