import { setTimeout as sleep } from 'node:timers/promises'
import { isRoomlogError, type RoomlogClient } from '@roomlog/client'
import type { Book } from './book.ts'
import { pick, type Random } from './random.ts'

const RECORDS_PER_SECOND = 300
const SENDERS = 6
const ROOMS_PER_CALL_MAX = 3
const MESSAGES_PER_ROOM_MAX = 10
const AFTER_FAILURE_MS = 100
/** More than this waiting to be delivered, and nothing is sent until it is less. */
const BACKLOG_MAX = 20_000

export type Room = { readonly id: string; readonly arn: string }

export type Traffic = {
  /** Tells how much waits to be delivered. */
  see(backlog: number): void
  /** Resolves when every call has its answer, or has lost it. */
  stop(): Promise<void>
}

/** Sends through all clients to all rooms, at a steady pace, until it is stopped; what comes of it is in the book. */
export function startTraffic(options: {
  readonly clients: readonly RoomlogClient[]
  readonly rooms: readonly Room[]
  readonly book: Book
  readonly random: Random
  readonly signal: AbortSignal
}): Traffic {
  const { clients, rooms, book, random } = options
  const stopping = new AbortController()
  const signal = AbortSignal.any([options.signal, stopping.signal])
  let backlog = 0

  async function send(): Promise<void> {
    while (!signal.aborted) {
      const startedMs = performance.now()
      const client = pick(random, clients)
      const before = book.entries.length
      const answered = client === undefined || backlog > BACKLOG_MAX || (await sendOnce(client, rooms, book, random))
      const dueMs = ((book.entries.length - before) * SENDERS * 1_000) / RECORDS_PER_SECOND
      const waitMs = Math.max(answered ? 10 : AFTER_FAILURE_MS, dueMs - (performance.now() - startedMs))
      await sleep(waitMs, undefined, { signal }).catch(() => undefined)
    }
  }

  const senders = Array.from({ length: SENDERS }, send)
  return {
    see: (records) => {
      backlog = records
    },
    stop: async () => {
      stopping.abort()
      await Promise.all(senders)
    },
  }
}

/** One call of some kind; whether it was answered. */
async function sendOnce({ chat }: RoomlogClient, rooms: readonly Room[], book: Book, random: Random): Promise<boolean> {
  const kind = random()
  const room = someRoom(rooms, random)
  if (kind < 0.2) {
    return settle(book, [room], ([number = 0]) =>
      chat.sendEvent.mutate({ roomIdentifier: room.arn, eventName: 'kills:TURN', attributes: { n: String(number) } }),
    )
  }
  if (kind < 0.4) return settle(book, [room], ([number = 0]) => chat.sendMessage.mutate(messageTo(room, number)))
  const targets = Array.from({ length: 1 + Math.floor(random() * ROOMS_PER_CALL_MAX) }, () => someRoom(rooms, random))
  const each = 1 + Math.floor(random() * MESSAGES_PER_ROOM_MAX)
  const addressed = targets.flatMap((target) => Array.from({ length: each }, () => target))
  const numbers = book.ask(addressed.map(({ id }) => id))
  try {
    const messages = addressed.map((target, index) => messageTo(target, numbers[index] ?? 0))
    const { results } = await chat.sendMessages.mutate({ messages })
    for (const [index, number] of numbers.entries()) {
      const result = results[index]
      if (result !== undefined && 'id' in result) book.acknowledge(number, result.id)
      else if (result !== undefined && isRefusal(result.error.name)) book.refuse(number)
      else book.lose(number)
    }
    return true
  } catch (error) {
    for (const number of numbers) giveUp(book, number, error)
    return false
  }
}

async function settle(
  book: Book,
  rooms: readonly Room[],
  call: (numbers: readonly number[]) => Promise<{ readonly id: string }>,
): Promise<boolean> {
  const numbers = book.ask(rooms.map(({ id }) => id))
  try {
    const { id } = await call(numbers)
    for (const number of numbers) book.acknowledge(number, id)
    return true
  } catch (error) {
    for (const number of numbers) giveUp(book, number, error)
    return false
  }
}

function giveUp(book: Book, number: number, error: unknown): void {
  if (isRoomlogError(error) && isRefusal(error.data.ivs.name)) book.refuse(number)
  else book.lose(number)
}

/** An answer that says that nothing was recorded; of an internal error, or of none, nobody knows. */
function isRefusal(name: string): boolean {
  return ['ThrottlingException', 'ValidationException', 'AccessDeniedException', 'ResourceNotFoundException'].includes(
    name,
  )
}

/** Some rooms are much busier than others. */
function someRoom(rooms: readonly Room[], random: Random): Room {
  const room = rooms[Math.floor(random() ** 2 * rooms.length)]
  if (room === undefined) throw new Error('there are no rooms to send to')
  return room
}

function messageTo({ arn }: Room, number: number) {
  return {
    roomIdentifier: arn,
    sender: { userId: `user-${number % 50}` },
    content: `Nothing lost, nothing twice: ${number} ☕`,
    attributes: { n: String(number) },
  }
}
