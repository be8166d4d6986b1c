import { lineOf } from '../line.ts'
import type { SinkRecord } from '../port.ts'
import type { Scratch } from '../scratch.ts'
import type { Pack } from './packs.ts'

const BEFORE = '{"Data":"'
const BETWEEN = '"},{"Data":"'
const END = '"}]}'

/** The body of a PutRecordBatch call, in memory from `take`: the data of one record is a pack, each record with its `\n`. */
export function batchBody(
  name: { readonly DeliveryStreamName: string },
  records: readonly SinkRecord[],
  packs: readonly Pack[],
  take: Scratch['take'],
): Buffer {
  const start = JSON.stringify({ ...name, Records: [] }).slice(0, -2)
  const body = take(Buffer.byteLength(start) + sizeMax(records) + END.length)
  let at = body.write(start)
  let before = BEFORE
  for (const pack of packs) {
    // One write: each costs more than the few bytes in it.
    at += body.write(before + dataOf(records, pack), at, 'latin1')
    before = BETWEEN
  }
  at += body.write(END, at, 'latin1')
  return body.subarray(0, at)
}

function dataOf(records: readonly SinkRecord[], { from, to }: Pack): string {
  const first = records[from]
  if (first === undefined) return ''
  if (to - from === 1) return first.source.toString('base64', first.start, first.start + first.byteLength)
  return Buffer.concat(records.slice(from, to).map(lineOf)).toString('base64')
}

function sizeMax(records: readonly SinkRecord[]): number {
  let size = 0
  for (const { byteLength } of records) size += BETWEEN.length + 4 * Math.ceil(byteLength / 3)
  return size
}
