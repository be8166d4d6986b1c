import type { SinkRecord } from './port.ts'

/** The record's line, without a copy. */
export function lineOf({ source, start, byteLength }: Pick<SinkRecord, 'source' | 'start' | 'byteLength'>): Buffer {
  return source.subarray(start, start + byteLength)
}

/** Its text without the `\n`, which is the message of a log event. */
export function messageOf({ source, start, byteLength }: SinkRecord): string {
  return source.toString('utf8', start, start + byteLength - 1)
}
