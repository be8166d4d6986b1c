import type { SinkRecord } from '../port.ts'

/** The text of a log event: the record without its `\n`. */
export function messageOf({ bytes }: SinkRecord): string {
  return bytes.toString('utf8', 0, bytes.length - 1)
}
