const QUOTE = 0x22
const BACKSLASH = 0x5c
const LONE_SURROGATE = /\p{Surrogate}/u

type StringMap = Readonly<Record<string, string>>

// JSON as UTF-8, written into a buffer without making a string of it first. Each answers where it has ended: beyond the
// buffer's end if it did not fit, and then what is in the buffer is of no use.

/** Text of ASCII alone, as it is. */
export function putAscii(into: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) into[at + i] = text.charCodeAt(i)
  return at + text.length
}

/** Bytes as they are. */
export function putBytes(into: Uint8Array, at: number, bytes: Uint8Array): number {
  return putPart(into, at, bytes, 0, bytes.length)
}

/** Some of them. */
export function putPart(into: Uint8Array, at: number, bytes: Uint8Array, from: number, to: number): number {
  const ahead = at - from
  for (let i = from; i < to; i++) into[ahead + i] = bytes[i] ?? 0
  return ahead + to
}

/** A string; half a surrogate pair is no character: it becomes U+FFFD, as in Go, since strict readers refuse its escape. */
export function putString(into: Uint8Array, at: number, value: string): number {
  let end = at
  into[end++] = QUOTE
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i)
    if (unit < 0x20 || unit === QUOTE || unit === BACKSLASH) return putText(into, at, JSON.stringify(wellFormed(value)))
    if (unit < 0x80) {
      into[end++] = unit
      continue
    }
    const point = value.codePointAt(i) ?? unit
    if (point > 0xffff) i += 1
    end = putPoint(into, end, point >= 0xd800 && point <= 0xdfff ? 0xfffd : point)
  }
  into[end] = QUOTE
  return end + 1
}

/** An object of strings, in its own order. */
export function putMap(into: Uint8Array, at: number, map: StringMap): number {
  const keys = Object.keys(map)
  // Keys that become the same must not stand in the object twice.
  if (keys.some((key) => LONE_SURROGATE.test(key))) return putText(into, at, JSON.stringify(wellFormedMap(map)))
  if (keys.length === 0) return putAscii(into, at, '{}')
  let end = at
  for (const key of keys) {
    end = putString(into, putAscii(into, end, end === at ? '{' : ','), key)
    end = putString(into, putAscii(into, end, ':'), map[key] ?? '')
  }
  return putAscii(into, end, '}')
}

export function wellFormedMap(map: StringMap): StringMap {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [wellFormed(key), wellFormed(value)]))
}

export function wellFormed(value: string): string {
  return LONE_SURROGATE.test(value) ? value.replaceAll(/\p{Surrogate}/gu, '\ufffd') : value
}

/** A code point beyond ASCII, as UTF-8. */
function putPoint(into: Uint8Array, at: number, point: number): number {
  let end = at
  if (point < 0x800) {
    into[end++] = 0xc0 | (point >> 6)
  } else if (point < 0x10000) {
    into[end++] = 0xe0 | (point >> 12)
    into[end++] = 0x80 | ((point >> 6) & 0x3f)
  } else {
    into[end++] = 0xf0 | (point >> 18)
    into[end++] = 0x80 | ((point >> 12) & 0x3f)
    into[end++] = 0x80 | ((point >> 6) & 0x3f)
  }
  into[end++] = 0x80 | (point & 0x3f)
  return end
}

function putText(into: Uint8Array, at: number, text: string): number {
  const end = at + Buffer.byteLength(text)
  if (end <= into.length) Buffer.from(into.buffer, into.byteOffset, into.byteLength).write(text, at)
  return end
}
