import { setTimeout as sleep } from 'node:timers/promises'
import { isRoomlogError, type RoomlogClient, type RoomlogError } from '@roomlog/client'
import { Failure, reasonOf } from '../failure.ts'
import type { Ledger } from './ledger.ts'
import type { ChatRequest } from './request.ts'
import { type MessagesCall, RoomQueues, type SingleCall } from './room-queues.ts'

const MESSAGES_PER_CALL = 500
// One: while it is on its way, what the other rooms have to say gathers for the next. More make smaller calls, no faster ones.
const LONG_CALLS_MAX = 1
const SHORT_CALLS_MAX = 2
const SINGLE_CALLS_MAX = 150
/** Requests read ahead: a file may hold its rooms one after the other, and many at a time go faster than one. */
const WINDOW = 100_000
const THROTTLED_WAIT_MS = 250

export type Room = { readonly id: string; readonly arn: string }

export type SendOptions = {
  readonly client: RoomlogClient
  readonly createRoom: (name: string) => Promise<Room>
  readonly ledger: Ledger
  readonly clock: () => number
  readonly signal: AbortSignal
}

/** Sends all requests, each room's in order; resolves when the last one is acknowledged or refused. */
export async function send(
  requests: AsyncIterable<ChatRequest> | Iterable<ChatRequest>,
  options: SendOptions,
): Promise<{ readonly durationMs: number }> {
  const sender = new Sender(options)
  for await (const request of requests) {
    await sender.roomFor(WINDOW)
    sender.add(request)
  }
  await sender.finished()
  return { durationMs: sender.elapsedMs() }
}

/** Calls in flight are counted by kind: each has a bound of its own. */
type Kind = 'long' | 'short' | 'single'

class Sender {
  readonly #options: SendOptions
  readonly #queues = new RoomQueues()
  readonly #rooms = new Map<string, Promise<Room>>()
  /** Latest message of each room, by room name: what a deletion deletes. */
  readonly #latest = new Map<string, string>()
  readonly #inFlight: Record<Kind, number> = { long: 0, short: 0, single: 0 }
  #startedAtMs: number | undefined
  #failure: unknown
  #pumpScheduled = false
  #wake: (() => void) | undefined

  constructor(options: SendOptions) {
    this.#options = options
  }

  add(request: ChatRequest): void {
    if (!this.#rooms.has(request.room)) {
      const room = this.#options.createRoom(request.room)
      // Whoever sends to the room gets the error.
      room.catch(() => undefined)
      this.#rooms.set(request.room, room)
    }
    this.#queues.add(request)
    this.#schedulePump()
  }

  /** Resolves when fewer than `max` requests wait. */
  async roomFor(max: number): Promise<void> {
    this.#check()
    while (this.#queues.size >= max) await this.#change()
  }

  async finished(): Promise<void> {
    this.#check()
    while (!this.#queues.idle) await this.#change()
  }

  elapsedMs(): number {
    return this.#startedAtMs === undefined ? 0 : this.#options.clock() - this.#startedAtMs
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#check()
  }

  #check(): void {
    this.#options.signal.throwIfAborted()
    if (this.#failure === undefined) return
    throw new Failure(`Sending failed: ${reasonOf(this.#failure)}`, 1, { cause: this.#failure })
  }

  // What came in together goes out together: fuller calls, and events share an HTTP request.
  #schedulePump(): void {
    if (this.#pumpScheduled) return
    this.#pumpScheduled = true
    setImmediate(() => {
      this.#pumpScheduled = false
      this.#pump()
    })
  }

  #pump(): void {
    const queues = this.#queues
    this.#fill('single', SINGLE_CALLS_MAX, () => queues.takeSingle())
    this.#fill('long', LONG_CALLS_MAX, () => queues.takeLong(MESSAGES_PER_CALL))
    this.#fill('short', SHORT_CALLS_MAX, () => queues.takeShort(MESSAGES_PER_CALL))
  }

  #fill(kind: Kind, max: number, take: () => MessagesCall | SingleCall | undefined): void {
    while (this.#failure === undefined && this.#inFlight[kind] < max) {
      const call = take()
      if (call === undefined) return
      void this.#run(kind, call)
    }
  }

  async #run(kind: Kind, call: MessagesCall | SingleCall): Promise<void> {
    this.#startedAtMs ??= this.#options.clock()
    this.#inFlight[kind] += 1
    try {
      const throttled = call.kind === 'messages' ? await this.#sendMessages(call) : await this.#sendSingle(call)
      if (throttled.length > 0) {
        await sleep(THROTTLED_WAIT_MS, undefined, { signal: this.#options.signal })
        this.#queues.putBack(throttled)
      }
    } catch (error) {
      this.#failure ??= error
    }
    this.#inFlight[kind] -= 1
    this.#queues.done(call)
    this.#schedulePump()
    this.#wake?.()
  }

  async #sendMessages(call: MessagesCall): Promise<ChatRequest[]> {
    const { client, ledger, signal } = this.#options
    const rooms = new Map(await Promise.all(call.rooms.map(async (name) => [name, await this.#roomOf(name)] as const)))
    const items = call.messages.map((message) => ({ message, room: known(rooms.get(message.room)) }))
    const messages = items.map(({ message: { sender, content, attributes }, room }) => ({
      roomIdentifier: room.arn,
      sender: { userId: sender },
      content,
      ...(attributes ? { attributes } : {}),
    }))
    const { results } = await client.chat.sendMessages.mutate({ messages }, { signal })
    const throttled: ChatRequest[] = []
    for (const [index, { message, room }] of items.entries()) {
      const result = known(results[index])
      if ('error' in result) {
        if (mayPass(result.error)) throttled.push(message)
        else ledger.refuse(`a message in ${message.room}: ${result.error.name}: ${result.error.message}`)
      } else {
        ledger.record(room.id, result.id)
        this.#latest.set(message.room, result.id)
      }
    }
    return throttled
  }

  async #sendSingle({ request }: SingleCall): Promise<ChatRequest[]> {
    const { ledger } = this.#options
    const room = await this.#roomOf(request.room)
    try {
      const { id } = await this.#mutate(request, room.arn)
      ledger.record(room.id, id)
    } catch (error) {
      if (!isRoomlogError(error)) throw error
      const { ivs } = error.data
      if (mayPass(ivs)) return [request]
      ledger.refuse(`the ${request.type} in ${request.room}: ${ivs.name}: ${ivs.message}`)
    }
    return []
  }

  #mutate(request: SingleCall['request'], roomIdentifier: string): Promise<{ readonly id: string }> {
    const { client, signal } = this.#options
    if (request.type === 'deletion') {
      const id = known(this.#latest.get(request.room))
      return client.chat.deleteMessage.mutate({ roomIdentifier, id, reason: request.reason }, { signal })
    }
    const { eventName, attributes } = request
    return client.chat.sendEvent.mutate(
      { roomIdentifier, eventName, ...(attributes ? { attributes } : {}) },
      { signal },
    )
  }

  #roomOf(name: string): Promise<Room> {
    return known(this.#rooms.get(name))
  }
}

/** Refused, and surely not recorded, for now. */
function mayPass(error: RoomlogError): boolean {
  return error.name === 'ThrottlingException'
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a value that must be there is not')
  return value
}
