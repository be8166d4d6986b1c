import type { ChatRequest, MessageRequest } from './request.ts'

/** What one call carries: messages of several rooms, or one other request. */
export type Call =
  | { readonly kind: 'messages'; readonly rooms: readonly string[]; readonly messages: readonly MessageRequest[] }
  | { readonly kind: 'single'; readonly room: string; readonly request: Exclude<ChatRequest, MessageRequest> }

/** A room in one call takes no more of it than this, so that many rooms advance together. */
const ROOM_SHARE_MAX = 125

type Queue = { readonly waiting: ChatRequest[]; next: number; busy: boolean }

/**
 * Requests that wait, by room. A room is in one call at a time, so its order is the order of its requests, whatever the
 * number of calls in flight.
 */
export class RoomQueues {
  readonly #queues = new Map<string, Queue>()
  /** Rooms with something to send and no call in flight, longest waiting first: for messages, for the rest. */
  readonly #withMessages = new Set<string>()
  readonly #withSingles = new Set<string>()
  #size = 0

  /** Requests that wait. */
  get size(): number {
    return this.#size
  }

  /** Whether nothing waits and no call is in flight. */
  get idle(): boolean {
    return this.#queues.size === 0
  }

  add(request: ChatRequest): void {
    let queue = this.#queues.get(request.room)
    if (queue === undefined) {
      queue = { waiting: [], next: 0, busy: false }
      this.#queues.set(request.room, queue)
    }
    queue.waiting.push(request)
    this.#size += 1
    if (!queue.busy) this.#offer(request.room, queue)
  }

  /** Up to `max` messages of the rooms that wait longest, or undefined if no room has one to send now. */
  takeMessages(max: number): Call | undefined {
    const messages: MessageRequest[] = []
    const rooms: string[] = []
    for (const room of this.#withMessages) {
      const share = Math.min(ROOM_SHARE_MAX, max - messages.length)
      if (share === 0) break
      const taken = this.#takeRun(room, share)
      messages.push(...taken)
      rooms.push(room)
    }
    return messages.length === 0 ? undefined : { kind: 'messages', rooms, messages }
  }

  /** The next event or deletion of a room, or undefined if no room has one to send now. */
  takeSingle(): Call | undefined {
    const [room] = this.#withSingles
    const queue = room === undefined ? undefined : this.#queues.get(room)
    const request = queue?.waiting[queue.next]
    if (room === undefined || queue === undefined || request === undefined || request.type === 'message')
      return undefined
    this.#withSingles.delete(room)
    queue.busy = true
    queue.next += 1
    this.#size -= 1
    return { kind: 'single', room, request }
  }

  /** Puts requests back in front of their rooms; call it before `done`. */
  putBack(requests: readonly ChatRequest[]): void {
    for (const request of requests.toReversed()) {
      const queue = this.#queues.get(request.room)
      if (queue === undefined || !queue.busy) throw new Error('only what is in flight can be put back')
      queue.waiting.splice(queue.next, 0, request)
      this.#size += 1
    }
  }

  /** The call came to an end: its rooms may be in another one. */
  done(call: Call): void {
    for (const room of call.kind === 'messages' ? call.rooms : [call.room]) {
      const queue = this.#queues.get(room)
      if (queue === undefined) continue
      queue.busy = false
      if (queue.next === queue.waiting.length) this.#queues.delete(room)
      else this.#offer(room, queue)
    }
  }

  #offer(room: string, queue: Queue): void {
    const first = queue.waiting[queue.next]
    if (first === undefined) return
    const rooms = first.type === 'message' ? this.#withMessages : this.#withSingles
    rooms.add(room)
  }

  #takeRun(room: string, max: number): MessageRequest[] {
    const queue = this.#queues.get(room)
    if (queue === undefined) throw new Error('a room that is offered has a queue')
    const run: MessageRequest[] = []
    while (run.length < max) {
      const request = queue.waiting[queue.next]
      if (request?.type !== 'message') break
      run.push(request)
      queue.next += 1
    }
    this.#size -= run.length
    this.#withMessages.delete(room)
    queue.busy = true
    forgetSent(queue)
    return run
  }
}

/** What was sent need not stay in memory. */
function forgetSent(queue: Queue): void {
  if (queue.next < 1_000) return
  queue.waiting.splice(0, queue.next)
  queue.next = 0
}
