import type { ChatRequest, MessageRequest } from './request.ts'

/** Messages of several rooms. */
export type MessagesCall = {
  readonly kind: 'messages'
  readonly rooms: readonly string[]
  readonly messages: readonly MessageRequest[]
}
/** One other request. */
export type SingleCall = {
  readonly kind: 'single'
  readonly room: string
  readonly request: Exclude<ChatRequest, MessageRequest>
}
export type Call = MessagesCall | SingleCall

/** A room in one call takes no more of it than this, so that many rooms advance together. */
const ROOM_SHARE_MAX = 125

type Queue = { readonly waiting: ChatRequest[]; next: number; busy: boolean; singles: number }

/**
 * Requests that wait, by room. A room is in one call at a time, so its order is the order of its requests, whatever the
 * number of calls in flight.
 */
export class RoomQueues {
  readonly #queues = new Map<string, Queue>()
  // Rooms with something to send and no call in flight, longest waiting first. One with events ahead takes many calls,
  // one after the other, however few its messages are: it must not wait behind those that take few.
  readonly #long = new Set<string>()
  readonly #short = new Set<string>()
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
      queue = { waiting: [], next: 0, busy: false, singles: 0 }
      this.#queues.set(request.room, queue)
    }
    queue.waiting.push(request)
    if (request.type !== 'message') queue.singles += 1
    this.#size += 1
    if (!queue.busy) this.#offer(request.room, queue)
  }

  /** Up to `max` messages of the rooms that have a long way to go, or undefined if none of them has one to send now. */
  takeLong(max: number): MessagesCall | undefined {
    return this.#take(this.#long, max)
  }

  /** Up to `max` messages of the other rooms, or undefined if none of them has one to send now. */
  takeShort(max: number): MessagesCall | undefined {
    return this.#take(this.#short, max)
  }

  /** The next event or deletion of a room, or undefined if no room has one to send now. */
  takeSingle(): SingleCall | undefined {
    const [room] = this.#withSingles
    const queue = room === undefined ? undefined : this.#queues.get(room)
    const request = queue?.waiting[queue.next]
    if (room === undefined || queue === undefined || request === undefined || request.type === 'message')
      return undefined
    this.#withSingles.delete(room)
    queue.busy = true
    queue.next += 1
    queue.singles -= 1
    this.#size -= 1
    return { kind: 'single', room, request }
  }

  /** Puts requests back in front of their rooms; call it before `done`. */
  putBack(requests: readonly ChatRequest[]): void {
    for (const request of requests.toReversed()) {
      const queue = this.#queues.get(request.room)
      if (queue === undefined || !queue.busy) throw new Error('only what is in flight can be put back')
      queue.waiting.splice(queue.next, 0, request)
      if (request.type !== 'message') queue.singles += 1
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
    if (first.type !== 'message') this.#withSingles.add(room)
    else if (queue.singles === 0) this.#short.add(room)
    else {
      // An event that came after the room was offered has made its way longer.
      this.#short.delete(room)
      this.#long.add(room)
    }
  }

  #take(offered: Set<string>, max: number): MessagesCall | undefined {
    const messages: MessageRequest[] = []
    const rooms: string[] = []
    for (const room of offered) {
      const share = Math.min(ROOM_SHARE_MAX, max - messages.length)
      if (share === 0) break
      offered.delete(room)
      messages.push(...this.#takeRun(room, share))
      rooms.push(room)
    }
    return messages.length === 0 ? undefined : { kind: 'messages', rooms, messages }
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
