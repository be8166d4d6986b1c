import type { SinkRecord } from './port.ts'

/** The record's line, without a copy. */
export function lineOf({ source, start, byteLength }: Pick<SinkRecord, 'source' | 'start' | 'byteLength'>): Buffer {
  return source.subarray(start, start + byteLength)
}
