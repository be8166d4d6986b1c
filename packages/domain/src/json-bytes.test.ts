import fc from 'fast-check'
import { expect, test } from 'vitest'
import { putMap, putString, wellFormed, wellFormedMap } from './json-bytes.ts'

const units = fc.oneof(
  fc.integer({ min: 0, max: 0xffff }),
  fc.integer({ min: 0xd7fe, max: 0xe001 }),
  fc.constantFrom(0, 0x1f, 0x20, 0x22, 0x5c, 0x7e, 0x7f, 0x80, 0x7ff, 0x800, 0x2028, 0xd83c, 0xdf89, 0xffff),
)
/** Whatever JavaScript can hold, half surrogate pairs too. */
const anyString = fc.array(units, { maxLength: 12 }).map((given) => String.fromCharCode(...given))

function put(write: (into: Buffer, at: number) => number, room: number) {
  const into = Buffer.alloc(room + 1, 0xaa)
  const end = write(into, 1)
  return { end, written: into.subarray(1, end).toString('latin1') }
}

const bytesOf = (text: string) => Buffer.from(text).toString('latin1')

test('a string is written as JSON.stringify and UTF-8 have it, each half of a surrogate pair as U+FFFD', () => {
  fc.assert(
    fc.property(anyString, (value) => {
      const expected = bytesOf(JSON.stringify(wellFormed(value)))
      expect(put((into, at) => putString(into, at, value), 200)).toEqual({
        end: 1 + expected.length,
        written: expected,
      })
    }),
  )
})

test('a map is written as JSON.stringify has it, in its order and no key twice', () => {
  fc.assert(
    fc.property(fc.dictionary(anyString, anyString, { maxKeys: 5 }), (map) => {
      const expected = bytesOf(JSON.stringify(wellFormedMap(map)))
      expect(put((into, at) => putMap(into, at, map), 2_000)).toEqual({ end: 1 + expected.length, written: expected })
    }),
  )
})

test('where there is no room, the end says how much was needed', () => {
  fc.assert(
    fc.property(anyString, fc.nat(40), (value, room) => {
      const needed = bytesOf(JSON.stringify(wellFormed(value))).length
      expect(put((into, at) => putString(into, at, value), room).end).toBe(1 + needed)
    }),
  )
})
