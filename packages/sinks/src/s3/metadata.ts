import { MessageId } from '@roomlog/domain'
import type { Occupant, SinkRecord } from '../port.ts'

const FIRST = 'roomlog-first'
const LAST = 'roomlog-last'
const RECORDS = 'roomlog-records'

/** What an object says of its run: `<position>:<payload.Id>` of both ends, and how many records. */
export function metadataOf(first: SinkRecord, last: SinkRecord, records: number): Record<string, string> {
  return { [FIRST]: endOf(first), [LAST]: endOf(last), [RECORDS]: String(records) }
}

/** The other way; undefined if the object does not say it, as after a copy that lost its metadata. */
export function occupantOf(key: string, metadata: Readonly<Record<string, string>> | undefined): Occupant | undefined {
  const first = parseEnd(metadata?.[FIRST])
  const last = parseEnd(metadata?.[LAST])
  return first === undefined || last === undefined ? undefined : { key, first, last }
}

function endOf({ position, id }: SinkRecord): string {
  return `${position}:${id}`
}

function parseEnd(value: string | undefined): { position: number; id: MessageId } | undefined {
  const [, position, text] = /^(\d{1,16}):(\w+)$/.exec(value ?? '') ?? []
  const id = MessageId.safeParse(text)
  return id.success && Number.isSafeInteger(Number(position)) ? { position: Number(position), id: id.data } : undefined
}
