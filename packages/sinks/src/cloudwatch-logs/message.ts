import type { SinkRecord } from '../port.ts'

/** The text of a log event: the record without its `\n`. */
export function messageOf({ source, start, byteLength }: SinkRecord): string {
  return source.toString('utf8', start, start + byteLength - 1)
}
