import type { RoomArn } from './arn.ts'
import type { SendMessageInput } from './chat.ts'
import type { MessageId } from './id.ts'
import type { IdempotencyKey } from './idempotency-key.ts'
import type { MessagePlaces } from './message-places.ts'
import { copyMessage, writeMessage } from './record.ts'
import type { RecordTime } from './send-time.ts'
import { codePoints } from './text.ts'

/** A checked message: what has to be known of it to send it, and its record. */
export type MessageToSend = {
  readonly roomIdentifier: RoomArn
  /** In code points. */
  readonly contentLength: number
  /** As it was asked for, if with a key. */
  readonly keyed: (SendMessageInput & { readonly idempotencyKey: IdempotencyKey }) | undefined
  /** Writes the record into a buffer from `at` on, and answers where it has ended: beyond the buffer's end if it did not fit. */
  write(into: Uint8Array, at: number, id: MessageId, time: RecordTime): number
}

/** A message as values, checked by its schema. */
export function toSend(message: SendMessageInput): MessageToSend {
  const { roomIdentifier, content, idempotencyKey } = message
  return {
    roomIdentifier,
    contentLength: codePoints(content),
    keyed: idempotencyKey === undefined ? undefined : { ...message, idempotencyKey },
    write: (into, at, id, time) => writeMessage(into, at, message, id, time),
  }
}

/** A message as it stands in a body, checked by a `MessageReader`, which leaves those with a key to others. */
export class WrittenMessage implements MessageToSend {
  readonly roomIdentifier: RoomArn
  readonly contentLength: number
  readonly #places: MessagePlaces

  constructor(roomIdentifier: RoomArn, contentLength: number, places: MessagePlaces) {
    this.roomIdentifier = roomIdentifier
    this.contentLength = contentLength
    this.#places = places
  }

  get keyed(): undefined {
    return undefined
  }

  write(into: Uint8Array, at: number, id: MessageId, time: RecordTime): number {
    return copyMessage(into, at, this.#places, id, time)
  }
}
