import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BLOCK_BYTES_MAX, createBlocks } from './block.ts'
import { packFrame, unpackFrame } from './frame.ts'

const blocks = createBlocks()
if (blocks === undefined) throw new Error('this Node has no WebAssembly with SIMD')
const made = blocks

/** Both ways to unpack: as it is everywhere, and where there is no WebAssembly. */
const ways = [
  ['WebAssembly', made],
  ['JavaScript', undefined],
] as const

/** Bytes that repeat, near and far, short and long, and bytes that do not. */
const piece = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 400 })).map(([bytes, times]) => {
    return Buffer.concat(Array.from({ length: times }, () => bytes))
  }),
)
const plain = fc.array(piece, { minLength: 1, maxLength: 8 }).chain((pieces) =>
  fc.array(fc.nat({ max: pieces.length - 1 }), { maxLength: 60 }).map((picked) => {
    return Buffer.concat(picked.map((at) => pieces[at] ?? Buffer.alloc(0)))
  }),
)

function unpacked(way: typeof made | undefined, frame: Buffer, bytes: number): Buffer | undefined {
  const to = Buffer.alloc(bytes, 0xee)
  return unpackFrame(way, frame, to) ? to : undefined
}

describe.each(ways)('by %s', (_, way) => {
  test('what is packed comes out again', () => {
    fc.assert(
      fc.property(plain, (bytes) => {
        const out = unpacked(way, packFrame(made, bytes), bytes.length)
        expect(out?.equals(bytes)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('blocks end where they are full: around 64 KB, every size comes out again', () => {
    const bytes = Buffer.from(Array.from({ length: 3 * BLOCK_BYTES_MAX }, (_, n) => (n % 251) ^ (n >> 9)))
    for (const full of [1, 2]) {
      for (let more = -20; more <= 20; more++) {
        const some = bytes.subarray(0, full * BLOCK_BYTES_MAX + more)
        expect(unpacked(way, packFrame(made, some), some.length)?.equals(some)).toBe(true)
      }
    }
  })

  test('a frame of the lz4 command is read', () => {
    const line = '{"type":"MESSAGE","text":"hello"}\n{"type":"EVENT","text":"hello, world"}\n'
    const text = `${line.repeat(2)}${'ha'.repeat(400)}\n`
    const frame =
      '04224d186040824b000000f5137b2274797065223a224d455353414745222c2274657874223a2268656c6c6f227d0a22005b4556454e5420' +
      '00782c20776f726c6427000f49002d2f68610200ffffff0a50686168610a00000000'
    expect(unpacked(way, Buffer.from(frame, 'hex'), text.length)?.toString()).toBe(text)
  })

  test('a frame that is cut short, or has more or less than it should, is refused', () => {
    const bytes = Buffer.from('a line that is here again and again\n'.repeat(4_000))
    const frame = packFrame(made, bytes)
    for (const length of [0, 3, 7, 9, 11, 200, frame.length - 5, frame.length - 1]) {
      expect(unpacked(way, frame.subarray(0, length), bytes.length)).toBeUndefined()
    }
    expect(unpacked(way, frame, bytes.length - 1)).toBeUndefined()
    expect(unpacked(way, frame, bytes.length + 1)).toBeUndefined()
    expect(unpacked(way, bytes, bytes.length)).toBeUndefined()
  })
})

test('whatever bytes of a frame are damaged: both ways refuse it, or make the same of it; neither throws', () => {
  const bytes = Buffer.from(Array.from({ length: 200 }, (_, n) => `{"n":${n},"text":"hello, hello"}\n`).join(''))
  const frame = packFrame(made, bytes)
  const hit = fc.tuple(fc.nat({ max: frame.length - 1 }), fc.nat({ max: 255 }))
  fc.assert(
    fc.property(fc.array(hit, { minLength: 1 }), (hits) => {
      const damaged = Buffer.from(frame)
      for (const [at, byte] of hits) damaged[at] = byte
      expect(unpacked(made, damaged, bytes.length)).toEqual(unpacked(undefined, damaged, bytes.length))
    }),
    { numRuns: 1_000 },
  )
})

test('frames are frozen: these bytes are in journals', () => {
  const text = '{"type":"MESSAGE","text":"hello"}\n{"type":"MESSAGE","text":"hello, world"}\n'
  expect(packFrame(made, Buffer.from(text)).toString('hex')).toMatchInlineSnapshot(
    `"04224d1860408232000000ff137b2274797065223a224d455353414745222c2274657874223a2268656c6c6f227d0a22000ca02c20776f726c64227d0a00000000"`,
  )
})

test('what does not repeat is stored as it is: a frame is never much longer than its bytes', () => {
  const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, n) => Math.imul(n + 1, 0x9e3779b1) >>> 24))
  const frame = packFrame(made, bytes)
  expect(frame.length).toBeLessThanOrEqual(bytes.length + 7 + 4 * 5)
  expect(unpacked(made, frame, bytes.length)?.equals(bytes)).toBe(true)
})

test('lines of chat become less than half of what they were', () => {
  const lines = Array.from({ length: 300 }, (_, n) => {
    const text = ['hello', 'who is that', 'goal!', 'no way'][n % 4]
    const id = Math.imul(n + 1, 0x9e3779b1).toString(36)
    return `{"type":"MESSAGE","payload":{"Id":"${id}","Content":"${text}","Sender":{"UserId":"${id}"}},"version":"1.0"}\n`
  }).join('')
  expect(packFrame(made, Buffer.from(lines)).length).toBeLessThan(lines.length / 2)
})
