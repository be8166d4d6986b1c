import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { DestinationVersion, MessageId } from '@roomlog/domain'
import { objectKey, recordId } from '@roomlog/domain'
import type { SinkRecord, SinkRecords } from '../port.ts'
import type { Gzip } from './gzip.ts'
import { OBJECT_BYTES_MAX } from './limits.ts'
import { metadataOf } from './metadata.ts'

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

/** Reads the records until it answers. */
export async function buildObject(
  records: SinkRecords,
  first: SinkRecord,
  last: SinkRecord,
  { destination, gzip, signal }: { destination: DestinationVersion; gzip: Gzip; signal: AbortSignal | undefined },
): Promise<BuiltObject> {
  const key = keyOf(first, destination)
  const metadata = metadataOf(first, last, records.length)
  return { key, metadata, body: await gzip(records, signal) }
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
