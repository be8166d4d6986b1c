import type { Chunk, StreamFile } from './stream-file.ts'
import type { StoredEvent } from './stream-lines.ts'

/** Events come in the order of their timestamp, then stream, then place in the stream's file. */
export type Position = { readonly timestamp: number; readonly stream: string; readonly offset: number }

export type EventQuery = {
  /** Both inclusive. */
  readonly startTime: number
  readonly endTime: number
  /** Newest first. */
  readonly backwards?: boolean
  /** Begin after this one. */
  readonly after?: Position | undefined
}

/** Merges the events of some streams in order, reading from disk only as far as the reader goes. */
export async function* mergeEvents(streams: readonly StreamFile[], query: EventQuery): AsyncGenerator<StoredEvent> {
  const sign = query.backwards === true ? -1 : 1
  const before = (a: Position, b: Position) => sign * compare(a, b) < 0
  const { after } = query
  const unread = await chunksWithin(streams, query, sign)
  const heads = createHeap<Head>((a, b) => before(a.event, b.event))

  while (true) {
    const next = unread[unread.length - 1]
    const first = heads.peek()
    if (next !== undefined && (first === undefined || sign * next.edge <= sign * first.event.timestamp)) {
      unread.pop()
      const events = (await next.stream.read(next.chunk)).filter(
        (event) =>
          event.timestamp >= query.startTime &&
          event.timestamp <= query.endTime &&
          (after === undefined || before(after, event)),
      )
      const rest = events.sort((a, b) => sign * compare(b, a))
      const event = rest.pop()
      if (event !== undefined) heads.push({ event, rest })
    } else if (first !== undefined) {
      heads.pop()
      const event = first.rest.pop()
      if (event !== undefined) heads.push({ event, rest: first.rest })
      yield first.event
    } else {
      return
    }
  }
}

type Head = { readonly event: StoredEvent; readonly rest: StoredEvent[] }
type Unread = { readonly stream: StreamFile; readonly chunk: Chunk; readonly edge: number }

// Streams read for the first time since the start, at once.
const LOADS_MAX = 64

/** The chunk to be read first comes last. */
async function chunksWithin(streams: readonly StreamFile[], query: EventQuery, sign: number): Promise<Unread[]> {
  const from = Math.max(query.startTime, sign > 0 ? (query.after?.timestamp ?? 0) : 0)
  const to = Math.min(query.endTime, sign < 0 ? (query.after?.timestamp ?? Infinity) : Infinity)
  const found: Unread[] = []
  for (let at = 0; at < streams.length; at += LOADS_MAX) {
    const some = streams.slice(at, at + LOADS_MAX)
    const loaded = await Promise.all(some.map(async (stream) => ({ stream, chunks: (await stream.load()).chunks })))
    for (const { stream, chunks } of loaded) {
      for (const chunk of chunks) {
        if (chunk.maxTimestamp < from || chunk.minTimestamp > to) continue
        // A copy: the chunk may grow while we read.
        found.push({ stream, chunk: { ...chunk }, edge: sign > 0 ? chunk.minTimestamp : chunk.maxTimestamp })
      }
    }
  }
  return found.sort((a, b) => sign * (b.edge - a.edge))
}

function compare(a: Position, b: Position): number {
  if (a.timestamp !== b.timestamp) return a.timestamp - b.timestamp
  if (a.stream !== b.stream) return a.stream < b.stream ? -1 : 1
  return a.offset - b.offset
}

function createHeap<T>(before: (a: T, b: T) => boolean) {
  const items: T[] = []
  return {
    peek: () => items[0],
    push(item: T) {
      items.push(item)
      for (let at = items.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1
        if (!swapIf(at, parent)) return
        at = parent
      }
    },
    pop() {
      const last = items.pop()
      if (last === undefined || items.length === 0) return
      items[0] = last
      for (let at = 0; ; ) {
        const left = 2 * at + 1
        const child = isBefore(left + 1, left) ? left + 1 : left
        if (!swapIf(child, at)) return
        at = child
      }
    },
  }

  function isBefore(a: number, b: number): boolean {
    const one = items[a]
    const other = items[b]
    return one !== undefined && other !== undefined && before(one, other)
  }

  function swapIf(a: number, b: number): boolean {
    const one = items[a]
    const other = items[b]
    if (one === undefined || other === undefined || !before(one, other)) return false
    items[a] = other
    items[b] = one
    return true
  }
}
