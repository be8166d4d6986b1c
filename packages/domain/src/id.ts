import { z } from 'zod'
import { ID_LENGTH } from './limits.ts'
import { StoredText } from './text.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
/** Bytes from here on are thrown away: 256 is no multiple of 62, and ids must be evenly spread. */
const BYTE_LIMIT = 256 - (256 % ALPHABET.length)
const ID_PATTERN = /^[a-zA-Z0-9]{12}$/

/** The 12 digits of an account. */
export const AccountId = StoredText.regex(/^[0-9]{12}$/, 'Must be 12 digits').brand<'AccountId'>()
export type AccountId = z.infer<typeof AccountId>

const id = StoredText.regex(ID_PATTERN, 'Must be 12 characters of a-z, A-Z, 0-9')

export const RoomId = id.brand<'RoomId'>()
export type RoomId = z.infer<typeof RoomId>

export const LoggingConfigurationId = id.brand<'LoggingConfigurationId'>()
export type LoggingConfigurationId = z.infer<typeof LoggingConfigurationId>

/** Id of a message or an event: the record's `payload.Id`. */
export const MessageId = id.brand<'MessageId'>()
export type MessageId = z.infer<typeof MessageId>

/** One immutable version of where a logging configuration points. */
export const DestinationVersionId = z.int().min(1).brand<'DestinationVersionId'>()
export type DestinationVersionId = z.infer<typeof DestinationVersionId>

/** A fresh id, which may become any kind of id. */
export type NewId = RoomId & LoggingConfigurationId & MessageId

/** 12 evenly spread characters of [A-Za-z0-9] from the caller's randomness. */
export function newId(randomBytes: (n: number) => Uint8Array): NewId {
  let drawn = ''
  while (drawn.length < ID_LENGTH) {
    for (const byte of randomBytes(ID_LENGTH + 4)) {
      if (byte < BYTE_LIMIT && drawn.length < ID_LENGTH) drawn += ALPHABET.charAt(byte % ALPHABET.length)
    }
  }
  if (!isNewId(drawn)) throw new Error('an id was drawn outside its own pattern')
  return drawn
}

/**
 * Drawn at random, so that a restored database does not give the id of a destination that it has forgotten to another one.
 * From 2^30 up to what an `integer` column holds: below stand the ids that earlier versions counted up from 1.
 */
export function newDestinationVersionId(randomBytes: (n: number) => Uint8Array): DestinationVersionId {
  const [a = 0, b = 0, c = 0, d = 0] = randomBytes(4)
  return DestinationVersionId.parse(2 ** 30 + (((a & 0x3f) << 24) | (b << 16) | (c << 8) | d))
}

/** As `MessageId`'s schema, for paths that see every record. */
export function isMessageId(value: string): value is MessageId {
  return ID_PATTERN.test(value)
}

function isNewId(value: string): value is NewId {
  return ID_PATTERN.test(value)
}
