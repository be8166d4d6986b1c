import { eventRecord, MessageId, messageRecord, RoomId } from '@roomlog/domain'
import { createConversation, type Utterance } from './conversation.ts'
import { IdSum } from './id-sum.ts'
import { createRandom } from './random.ts'
import { createZipf } from './zipf.ts'

export type GeneratedRecord = {
  readonly roomId: RoomId
  readonly id: MessageId
  readonly timeMs: number
  readonly bytes: Uint8Array
}

export type RecordSource = {
  next(): GeneratedRecord
  /** Of all that was drawn. */
  readonly ids: IdSum
  readonly bytes: number
}

const EVENTS_SHARE = 0.03
const ROOM_EXPONENT = 0.9
const MEAN_GAP_NS = 1_000_000
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const EVENT_NAMES = ['viewer-joined', 'viewer-left', 'poll-voted', 'gift-sent', 'aws:DELETE_MESSAGE']

/** Records as the api builds them, in order of time; the seed decides every byte of them. */
export function createRecordSource(options: {
  readonly seed: number
  readonly rooms: readonly RoomId[]
  /** Of the first record, ms since the epoch. */
  readonly startMs: number
}): RecordSource {
  const random = createRandom(options.seed)
  const conversation = createConversation(random)
  const drawRoom = createZipf(options.rooms.length, ROOM_EXPONENT, random)
  const ids = new IdSum()
  let bytesSoFar = 0
  let offsetNs = 0
  return {
    next() {
      const roomId = options.rooms[drawRoom()]
      if (roomId === undefined) throw new Error('a source needs rooms')
      const id = MessageId.parse(randomId(random))
      offsetNs += 1 + Math.floor(random() * 2 * MEAN_GAP_NS)
      const sendTimeNs = BigInt(options.startMs) * 1_000_000n + BigInt(offsetNs)
      const requestId = random() < 0.75 ? requestIdOf(random) : undefined
      const bytes = bytesOf(conversation.next(), { id, requestId, sendTimeNs, random })
      ids.addText(id)
      bytesSoFar += bytes.length
      return { roomId, id, timeMs: options.startMs + Math.floor(offsetNs / 1_000_000), bytes }
    },
    ids,
    get bytes() {
      return bytesSoFar
    },
  }
}

/** `count` rooms, the same ones for the same seed. */
export function roomsOf(seed: number, count: number): RoomId[] {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => RoomId.parse(randomId(random)))
}

/** A UUID as clients draw them. */
export function requestIdOf(random: () => number): string {
  const hex = () =>
    Math.floor(random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0')
  const [a, b, c, d] = [hex(), hex(), hex(), hex()]
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`
}

function bytesOf(
  { content, sender, attributes }: Utterance,
  record: {
    readonly id: MessageId
    readonly requestId: string | undefined
    readonly sendTimeNs: bigint
    readonly random: () => number
  },
): Uint8Array {
  const { id, requestId, sendTimeNs, random } = record
  if (random() >= EVENTS_SHARE) return messageRecord({ id, requestId, attributes, content, sendTimeNs, sender })
  const eventName = EVENT_NAMES[Math.floor(random() * EVENT_NAMES.length)] ?? 'viewer-joined'
  return eventRecord({ id, requestId, eventName, attributes: { ...attributes, userId: sender.userId }, sendTimeNs })
}

function randomId(random: () => number): string {
  let id = ''
  for (let i = 0; i < 12; i++) id += ALPHABET.charAt(Math.floor(random() * ALPHABET.length))
  return id
}
