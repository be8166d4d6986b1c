import { z } from 'zod'
import { isObject } from '../json-input.ts'
import type { InputEvent } from './put-log-events.ts'

export type StoredEvent = {
  readonly stream: string
  /** Of its line in the stream's file; with the timestamp it orders events. */
  readonly offset: number
  readonly timestamp: number
  readonly ingestionTime: number
  readonly message: string
}

export const StreamHeader = z.object({ logStreamName: z.string(), creationTime: z.number() })
export type StreamHeader = z.infer<typeof StreamHeader>

export const NEWLINE = 0x0a

/** The first line of a stream's file. */
export function headerLine(logStreamName: string, creationTime: number): string {
  return `${JSON.stringify({ logStreamName, creationTime })}\n`
}

export function eventLine(event: InputEvent, ingestionTime: number): string {
  return `{"timestamp":${event.timestamp},"ingestionTime":${ingestionTime},"message":${JSON.stringify(event.message)}}\n`
}

/** The events of some whole lines; `base` is the offset of the first in its file. */
export function parseLines(stream: string, bytes: Buffer, base: number): (StoredEvent & { bytes: number })[] {
  const end = bytes.lastIndexOf(NEWLINE)
  if (end < 0) return []
  // All at once, which is far faster: JSON holds no raw newline, so joined by commas the lines are one array.
  const lines: unknown = JSON.parse(`[${bytes.toString('utf8', 0, end).replaceAll('\n', ',')}]`)
  let from = 0
  return listOf(lines).map((line) => {
    if (!isEvent(line)) throw new Error('A log stream file holds a line that is not an event.')
    const { timestamp, ingestionTime, message } = line
    const offset = base + from
    const length = bytes.indexOf(NEWLINE, from) + 1 - from
    from += length
    return { stream, offset, timestamp, ingestionTime, message, bytes: length }
  })
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

// By hand: this runs for every event that is read.
function isEvent(value: unknown): value is Pick<StoredEvent, 'timestamp' | 'ingestionTime' | 'message'> {
  return (
    isObject(value) &&
    typeof value.timestamp === 'number' &&
    typeof value.ingestionTime === 'number' &&
    typeof value.message === 'string'
  )
}
