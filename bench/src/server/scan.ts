import { gunzipSync } from 'node:zlib'

/** Told of each record: where its Id starts, and what its `event_timestamp` says. */
export type RecordFound = (bytes: Buffer, idAt: number, timeMs: () => number) => void

const ID = Buffer.from('"Id":"')
const TIME = Buffer.from('"event_timestamp":"')
// Inside a JSON string; deeper inside, quotes have more backslashes than one.
const QUOTED_ID = Buffer.from('\\"Id\\":\\"')
const QUOTED_TIME = Buffer.from('\\"event_timestamp\\":\\"')
const DATA = Buffer.from('"Data":"')
const QUOTE = 0x22
const NEWLINE = 0x0a
const ID_BYTES = 12
const TIME_BYTES = '2026-01-02T03:04:05.678Z'.length

/** Firehose bills each record rounded up to 5 KB. */
const BILLED_UNIT = 5 * 1024

/** Records of a gzipped object; returns its lines. */
export function scanObject(body: Buffer, found: RecordFound): Buffer {
  const lines = gunzipSync(body)
  scanLines(lines, found)
  return lines
}

/** Records of a PutLogEvents body. */
export function scanLogEvents(body: Buffer, found: RecordFound): void {
  for (let at = body.indexOf(QUOTED_ID); at !== -1; at = body.indexOf(QUOTED_ID, at + ID_BYTES)) {
    at += QUOTED_ID.length
    const idAt = at
    found(body, idAt, () => timeBefore(body, QUOTED_TIME, idAt))
  }
}

/** Records of a PutRecordBatch body; returns the bytes that are billed. */
export function scanFirehoseBody(body: Buffer, found: RecordFound): number {
  let billed = 0
  for (let at = body.indexOf(DATA); at !== -1; at = body.indexOf(DATA, at)) {
    const start = at + DATA.length
    at = body.indexOf(QUOTE, start)
    const data = Buffer.from(body.toString('latin1', start, at), 'base64')
    billed += Math.ceil(data.length / BILLED_UNIT) * BILLED_UNIT
    scanLines(data, found)
  }
  return billed
}

/** How many Firehose records a PutRecordBatch body has. */
export function countData(body: Buffer): number {
  let count = 0
  for (let at = body.indexOf(DATA); at !== -1; at = body.indexOf(DATA, at + DATA.length)) count++
  return count
}

function scanLines(lines: Buffer, found: RecordFound): void {
  for (let start = 0; start < lines.length; ) {
    const idAt = lines.indexOf(ID, start) + ID.length
    if (idAt < ID.length) return
    found(lines, idAt, () => timeBefore(lines, TIME, idAt))
    const end = lines.indexOf(NEWLINE, idAt)
    start = end === -1 ? lines.length : end + 1
  }
}

function timeBefore(bytes: Buffer, label: Buffer, idAt: number): number {
  const at = bytes.lastIndexOf(label, idAt) + label.length
  return Date.parse(bytes.toString('latin1', at, at + TIME_BYTES))
}
