import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { DestinationVersion, MessageId } from '@roomlog/domain'
import { objectKey, recordId } from '@roomlog/domain'
import type { SinkRecord } from '../port.ts'
import type { Scratch } from '../scratch.ts'
import { OBJECT_BYTES_MAX } from './limits.ts'
import { metadataOf } from './metadata.ts'

const CHUNK_BYTES_MIN = 1024
const CHUNK_BYTES_MAX = 1024 * 1024

const compress = promisify(gzip)
const decompress = promisify(gunzip)

/** An object ready to be put. Built once, so that a repeat is the same to the byte. */
export type BuiltObject = {
  readonly key: string
  readonly body: Buffer
  readonly metadata: Readonly<Record<string, string>>
}

/** Where a run that starts at `first` lies. */
export function keyOf(first: SinkRecord, destination: DestinationVersion): string {
  return objectKey({
    accountId: destination.accountId,
    region: destination.region,
    roomId: first.roomId,
    timeMs: first.timeMs,
    position: first.position,
    destinationVersionId: destination.id,
    id: first.id,
  })
}

/** Compresses on the thread pool. */
export async function buildObject(
  records: readonly SinkRecord[],
  first: SinkRecord,
  last: SinkRecord,
  options: { readonly destination: DestinationVersion; readonly gzipLevel: number; readonly scratch: Scratch },
): Promise<BuiltObject> {
  const lines = joined(records, options.scratch)
  return {
    key: keyOf(first, options.destination),
    body: await compressed(lines, options),
    metadata: metadataOf(first, last, records.length),
  }
}

function joined(records: readonly SinkRecord[], scratch: Scratch): Buffer {
  let size = 0
  for (const { byteLength } of records) size += byteLength
  const lines = scratch.take(size)
  let at = 0
  for (const { bytes } of records) at += bytes.copy(lines, at)
  return lines.subarray(0, at)
}

async function compressed(lines: Buffer, options: { gzipLevel: number; scratch: Scratch }): Promise<Buffer> {
  try {
    return await compress(lines, { level: options.gzipLevel, chunkSize: chunkSizeFor(lines.length) })
  } finally {
    options.scratch.give(lines)
  }
}

/** So that most objects come out of the thread pool in one piece: each more is a trip there and back. */
function chunkSizeFor(bytes: number): number {
  return Math.min(CHUNK_BYTES_MAX, Math.max(CHUNK_BYTES_MIN, Math.ceil(bytes / 3)))
}

/** Ids of an object's records, in order; undefined if it is not an object of ours. */
export async function idsOf(body: Uint8Array): Promise<MessageId[] | undefined> {
  const lines = await decompress(body, {
    maxOutputLength: OBJECT_BYTES_MAX,
  }).catch(() => undefined)
  return lines === undefined ? undefined : idsOfLines(lines)
}

const NEWLINE = 0x0a

function idsOfLines(lines: Buffer): MessageId[] | undefined {
  const ids: MessageId[] = []
  for (let start = 0; start < lines.length; ) {
    const newline = lines.indexOf(NEWLINE, start)
    const end = newline === -1 ? lines.length : newline + 1
    const id = recordId(lines.subarray(start, end))
    if (id === undefined) return undefined
    ids.push(id)
    start = end
  }
  return ids.length === 0 ? undefined : ids
}
