import { z } from 'zod'
import {
  EVENT_ATTRIBUTES_BYTES_MAX,
  MESSAGE_ATTRIBUTES_BYTES_MAX,
  TAG_KEY_LENGTH_MAX,
  TAG_VALUE_LENGTH_MAX,
  TAGS_MAX,
} from './limits.ts'
import { hasLength, isStorable } from './text.ts'

// Not z.record: it drops a key called __proto__ without a word, and copies every map.

/** Attributes of a message or of its sender. */
export const MessageAttributes = stringMap((map) => withinBytes(map, MESSAGE_ATTRIBUTES_BYTES_MAX)).meta({
  description: `strings, ${MESSAGE_ATTRIBUTES_BYTES_MAX} bytes of keys and values in all`,
})
/** Attributes of an event. */
export const EventAttributes = stringMap((map) => withinBytes(map, EVENT_ATTRIBUTES_BYTES_MAX)).meta({
  description: `strings, ${EVENT_ATTRIBUTES_BYTES_MAX} bytes of keys and values in all`,
})
/** Tags of a resource. */
export const Tags = stringMap(tagFault).meta({ description: `strings, ${TAGS_MAX} at most` })

/** UTF-8 bytes of all keys and values. */
function bytesOf(map: Readonly<Record<string, string>>): number {
  let bytes = 0
  for (const key of Object.keys(map)) bytes += Buffer.byteLength(key) + Buffer.byteLength(map[key] ?? '')
  return bytes
}

type StringMap = Record<string, string>

function stringMap(faultOf: (map: StringMap) => string | undefined) {
  return z.custom<StringMap>().check((context) => {
    const input: unknown = context.value
    const message = isStringMap(input) ? faultOf(input) : 'Must be an object of strings'
    if (message !== undefined) context.issues.push({ code: 'custom', input, message })
  })
}

function isStringMap(value: unknown): value is StringMap {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every((item) => typeof item === 'string')
}

function withinBytes(map: StringMap, bytesMax: number): string | undefined {
  return bytesOf(map) <= bytesMax ? undefined : `Must have at most ${bytesMax} bytes in all keys and values together`
}

function tagFault(map: StringMap): string | undefined {
  const entries = Object.entries(map)
  if (entries.length > TAGS_MAX) return `Must have at most ${TAGS_MAX} tags`
  for (const [key, value] of entries) {
    if (!hasLength(key, 1, TAG_KEY_LENGTH_MAX)) return `Tag keys must have 1 to ${TAG_KEY_LENGTH_MAX} characters`
    if (!hasLength(value, 0, TAG_VALUE_LENGTH_MAX))
      return `Tag values must have 0 to ${TAG_VALUE_LENGTH_MAX} characters`
    if (!isStorable(key) || !isStorable(value)) return 'Tags must be well-formed text without NUL'
  }
  return undefined
}
