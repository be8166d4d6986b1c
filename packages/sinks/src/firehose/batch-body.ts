import type { SinkRecord } from '../port.ts'
import type { Scratch } from '../scratch.ts'

const BEFORE = '{"Data":"'
const BETWEEN = '"},{"Data":"'
const END = '"}]}'

/** The body of a PutRecordBatch call, in memory from `take`: each record, with its `\n`, is the data of one record. */
export function batchBody(
  name: { readonly DeliveryStreamName: string },
  records: readonly SinkRecord[],
  take: Scratch['take'],
): Buffer {
  const start = JSON.stringify({ ...name, Records: [] }).slice(0, -2)
  const body = take(Buffer.byteLength(start) + sizeMax(records) + END.length)
  let at = body.write(start)
  let before = BEFORE
  for (const { bytes } of records) {
    at += body.write(before, at, 'latin1')
    at += body.write(bytes.toString('base64'), at, 'latin1')
    before = BETWEEN
  }
  at += body.write(END, at, 'latin1')
  return body.subarray(0, at)
}

function sizeMax(records: readonly SinkRecord[]): number {
  let size = 0
  for (const { byteLength } of records) size += BETWEEN.length + 4 * Math.ceil(byteLength / 3)
  return size
}
