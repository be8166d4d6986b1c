import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unpackFrame } from './frame.ts'

/** As earlier versions packed 40 lines; they are in journals. */
const PACKED =
  'BCJNGGBAgugAAADxB3sibiI6MCwidGV4dCI6ImhlbGxvLCAHADEifQoeAB8xHgAKHzIeAAofMx4ACh80HgAKHzUeAAofNh4ACh83HgAKHzgeAAofOR4A' +
  'Ch8xLQEMDy4BCx8xLwELHzEwAQsfMTEBCx8xMgELHzEzAQsfMTQBCx8xNQELHzE2AQsfMjYBCx8yNgELHzI2AQsfMjYBCx8yNgELHzI2AQsfMjYBCx8y' +
  'NgELHzI2AQsfMjYBCx8zNgELHzM2AQsfMzYBCx8zNgELHzM2AQsfMzYBCx8zNgELHzM2AQsfMzYBCx8zNgEBUGxvIn0KAAAAAA=='
const FRAME = Buffer.from(PACKED, 'base64')
const LINES = Array.from({ length: 40 }, (_, n) => `{"n":${n},"text":"hello, hello"}\n`).join('')

const HEADER = FRAME.subarray(0, 7)

/** Blocks that are not packed, which a frame may have too. */
function frameOf(...blocks: readonly Buffer[]): Buffer {
  const parts = blocks.flatMap((block) => {
    const size = Buffer.alloc(4)
    size.writeUInt32LE(block.length + 0x8000_0000)
    return [size, block]
  })
  return Buffer.concat([HEADER, ...parts, Buffer.alloc(4)])
}

function unpacked(frame: Buffer, bytes: number): string | undefined {
  const to = Buffer.alloc(bytes, 0xee)
  return unpackFrame(frame, to) ? to.toString() : undefined
}

test('what earlier versions packed comes out again', () => {
  expect(unpacked(FRAME, LINES.length)).toBe(LINES)
})

test('blocks follow one another, packed or not', () => {
  const plain = Buffer.from('as it was\n')
  const packed = FRAME.subarray(HEADER.length, -4)
  const frame = Buffer.concat([frameOf(plain).subarray(0, -4), packed, packed, frameOf(plain).subarray(HEADER.length)])
  expect(unpacked(frame, 2 * plain.length + 2 * LINES.length)).toBe(`${plain}${LINES}${LINES}${plain}`)
})

test('a frame of the lz4 command is read', () => {
  const line = '{"type":"MESSAGE","text":"hello"}\n{"type":"EVENT","text":"hello, world"}\n'
  const text = `${line.repeat(2)}${'ha'.repeat(400)}\n`
  const frame =
    '04224d186040824b000000f5137b2274797065223a224d455353414745222c2274657874223a2268656c6c6f227d0a22005b4556454e5420' +
    '00782c20776f726c6427000f49002d2f68610200ffffff0a50686168610a00000000'
  expect(unpacked(Buffer.from(frame, 'hex'), text.length)).toBe(text)
})

test('a frame that is cut short, or has more or less than it should, is refused', () => {
  for (let length = 0; length < FRAME.length; length++) {
    expect(unpacked(FRAME.subarray(0, length), LINES.length)).toBeUndefined()
  }
  expect(unpacked(FRAME, LINES.length - 1)).toBeUndefined()
  expect(unpacked(FRAME, LINES.length + 1)).toBeUndefined()
  expect(unpacked(Buffer.from(LINES), LINES.length)).toBeUndefined()
  const tooLong = Buffer.alloc(64 * 1024 + 1)
  expect(unpacked(frameOf(tooLong), tooLong.length)).toBeUndefined()
})

test('whatever bytes of a frame are damaged, it does not throw', () => {
  const hit = fc.tuple(fc.nat({ max: FRAME.length - 1 }), fc.nat({ max: 255 }))
  fc.assert(
    fc.property(fc.array(hit, { minLength: 1 }), (hits) => {
      const damaged = Buffer.from(FRAME)
      for (const [at, byte] of hits) damaged[at] = byte
      expect(() => unpacked(damaged, LINES.length)).not.toThrow()
    }),
    { numRuns: 1_000 },
  )
})
