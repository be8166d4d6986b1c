import { open } from 'node:fs/promises'
import { z } from 'zod'
import { type AppendFile, appendFile } from '../append-file.ts'
import { isObject } from '../json-input.ts'
import type { InputEvent } from './put-log-events.ts'

/** A part of a stream's file, and the times found in it. Events lie on disk; only these stay in memory. */
export type Chunk = {
  readonly offset: number
  bytes: number
  minTimestamp: number
  maxTimestamp: number
}

export type StoredEvent = {
  readonly stream: string
  /** Of its line in the stream's file; with the timestamp it orders events. */
  readonly offset: number
  readonly timestamp: number
  readonly ingestionTime: number
  readonly message: string
}

export type StreamFile = {
  readonly name: string
  /** Reads the index from the file when it is not in memory yet. */
  load(): Promise<StreamState>
  append(events: readonly InputEvent[], ingestionTime: number): Promise<void>
  read(chunk: Chunk): Promise<StoredEvent[]>
  settled(): Promise<void>
}

export type StreamState = {
  readonly creationTime: number
  readonly chunks: Chunk[]
  readonly file: AppendFile
  messageBytes: number
  lastIngestionTime: number | undefined
}

/**
 * One log stream: a file of JSON lines. The first line is about the stream, each other one is an event. A torn last
 * line, of a process that was killed, is cut off.
 */
export function streamFile(options: {
  name: string
  path: string
  fsync: boolean
  /** Awaited before the file is read. */
  created?: Promise<void>
}): StreamFile {
  const { name, path } = options
  let loading: Promise<StreamState> | undefined
  const load = () => {
    loading ??= (options.created ?? Promise.resolve()).then(() => loadState(name, path, options.fsync))
    return loading
  }

  return {
    name,
    load,
    async append(events, ingestionTime) {
      if (events.length === 0) return
      const state = await load()
      const lines = events.map((event) => Buffer.from(line(event, ingestionTime)))
      let offset = await state.file.append(Buffer.concat(lines))
      events.forEach((event, index) => {
        const { timestamp } = event
        const bytes = lines[index]?.length ?? 0
        note(state.chunks, { offset, bytes, minTimestamp: timestamp, maxTimestamp: timestamp })
        offset += bytes
        state.messageBytes += Buffer.byteLength(event.message)
      })
      state.lastIngestionTime = ingestionTime
    },
    async read(chunk) {
      const file = await open(path, 'r')
      try {
        const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(chunk.bytes), 0, chunk.bytes, chunk.offset)
        return parse(name, buffer.subarray(0, bytesRead), chunk.offset)
      } finally {
        await file.close()
      }
    },
    settled: async () => {
      if (loading !== undefined) await (await loading).file.settled()
    },
  }
}

/** The first line of a new stream's file. */
export function streamHeader(name: string, creationTime: number): string {
  return `${JSON.stringify({ logStreamName: name, creationTime })}\n`
}

// Neighbouring writes share a chunk up to this size, so that many small writes cost little memory and few reads.
const CHUNK_BYTES = 128 * 1024
const READ_BYTES = 4 * 1024 * 1024
const NEWLINE = 0x0a

function line(event: InputEvent, ingestionTime: number): string {
  return `{"timestamp":${event.timestamp},"ingestionTime":${ingestionTime},"message":${JSON.stringify(event.message)}}\n`
}

function note(chunks: Chunk[], chunk: Chunk) {
  const last = chunks[chunks.length - 1]
  if (last !== undefined && last.offset + last.bytes === chunk.offset && last.bytes + chunk.bytes <= CHUNK_BYTES) {
    last.bytes += chunk.bytes
    last.minTimestamp = Math.min(last.minTimestamp, chunk.minTimestamp)
    last.maxTimestamp = Math.max(last.maxTimestamp, chunk.maxTimestamp)
  } else {
    chunks.push(chunk)
  }
}

async function loadState(name: string, path: string, fsync: boolean): Promise<StreamState> {
  const file = await open(path, 'r+')
  try {
    const { size, mtimeMs } = await file.stat()
    let header: z.infer<typeof Header> | undefined
    const chunks: Chunk[] = []
    const found = { messageBytes: 0, lastIngestionTime: 0, end: 0 }
    let rest: Buffer = Buffer.alloc(0)
    for (let at = 0; at < size; ) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, at)
      if (bytesRead === 0) break
      at += bytesRead
      const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)])
      const end = bytes.lastIndexOf(NEWLINE) + 1
      rest = bytes.subarray(end)
      let whole = bytes.subarray(0, end)
      let offset = found.end
      found.end += end
      if (header === undefined && end > 0) {
        const headerEnd = whole.indexOf(NEWLINE) + 1
        header = Header.parse(JSON.parse(whole.toString('utf8', 0, headerEnd)))
        whole = whole.subarray(headerEnd)
        offset += headerEnd
      }
      for (const event of parse('', whole, offset)) {
        const { timestamp } = event
        note(chunks, { offset: event.offset, bytes: event.bytes, minTimestamp: timestamp, maxTimestamp: timestamp })
        found.messageBytes += Buffer.byteLength(event.message)
        found.lastIngestionTime = event.ingestionTime
      }
    }
    if (found.end < size) await file.truncate(found.end)
    if (header === undefined) {
      // Killed while the stream was created.
      header = { logStreamName: name, creationTime: Math.floor(mtimeMs) }
      const text = streamHeader(name, header.creationTime)
      await file.write(text, 0)
      found.end = Buffer.byteLength(text)
    }
    return {
      creationTime: header.creationTime,
      chunks,
      file: appendFile(path, found.end, fsync),
      messageBytes: found.messageBytes,
      lastIngestionTime: found.lastIngestionTime === 0 ? undefined : found.lastIngestionTime,
    }
  } finally {
    await file.close()
  }
}

const Header = z.object({ logStreamName: z.string(), creationTime: z.number() })

/** Whole lines at once: a JSON text holds no raw newline, so joined by commas they are one array. */
function parse(stream: string, bytes: Buffer, base: number): (StoredEvent & { bytes: number })[] {
  const end = bytes.lastIndexOf(NEWLINE)
  if (end < 0) return []
  const lines: unknown = JSON.parse(`[${bytes.toString('utf8', 0, end).replaceAll('\n', ',')}]`)
  let from = 0
  return listOf(lines).map((line) => {
    if (!isLine(line)) throw new Error('A log stream file holds a line that is not an event.')
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
function isLine(value: unknown): value is Pick<StoredEvent, 'timestamp' | 'ingestionTime' | 'message'> {
  return (
    isObject(value) &&
    typeof value.timestamp === 'number' &&
    typeof value.ingestionTime === 'number' &&
    typeof value.message === 'string'
  )
}
