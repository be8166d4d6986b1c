import { open } from 'node:fs/promises'
import { type AppendFile, appendFile } from '../append-file.ts'
import type { InputEvent } from './put-log-events.ts'
import { eventLine, headerLine, NEWLINE, parseLines, type StoredEvent, StreamHeader } from './stream-lines.ts'

/** A part of a stream's file, and the times found in it. Events lie on disk; only these stay in memory. */
export type Chunk = {
  readonly offset: number
  bytes: number
  minTimestamp: number
  maxTimestamp: number
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
      const lines = events.map((event) => Buffer.from(eventLine(event, ingestionTime)))
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
        return parseLines(name, buffer.subarray(0, bytesRead), chunk.offset)
      } finally {
        await file.close()
      }
    },
    settled: async () => {
      if (loading !== undefined) await (await loading).file.settled()
    },
  }
}

// Neighbouring writes share a chunk up to this size, so that many small writes cost little memory and few reads.
const CHUNK_BYTES = 128 * 1024
const READ_BYTES = 4 * 1024 * 1024

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
    let header: StreamHeader | undefined
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
        header = StreamHeader.parse(JSON.parse(whole.toString('utf8', 0, headerEnd)))
        whole = whole.subarray(headerEnd)
        offset += headerEnd
      }
      for (const event of parseLines(name, whole, offset)) {
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
      const text = headerLine(name, header.creationTime)
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
