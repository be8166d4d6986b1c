import { afterEach, expect, test, vi } from 'vitest'
import { createBlocks } from '../lz4/block.ts'
import { pack, unpack } from './packing.ts'
import { createRowMemory } from './row-memory.ts'

afterEach(() => vi.unstubAllGlobals())

const text = Buffer.from('a line that is here again and again\n'.repeat(200))
const release = vi.fn()
const row = (stored: ReturnType<typeof pack>) => ({
  format: stored.format,
  index: Buffer.from('index'),
  bytes: stored.bytes,
  memory: { bytes: 0, release },
})

test('a process without WebAssembly packs nothing, and reads what others packed', () => {
  const packed = pack(createBlocks(), text)
  expect(packed).toMatchObject({ format: 2, unpackedBytes: text.length })

  vi.stubGlobal('WebAssembly', undefined)
  const blocks = createBlocks()
  expect(pack(blocks, text)).toEqual({ format: 1, bytes: text, unpackedBytes: undefined })
  const read = unpack(row(packed), packed.unpackedBytes, { blocks, memory: createRowMemory() })
  expect(read).toMatchObject({ format: 1, index: Buffer.from('index'), bytes: text })
})

test('memory of a packed row is free once it is unpacked; the memory of what it became, once that is released', () => {
  const blocks = createBlocks()
  const memory = createRowMemory()
  const packed = pack(blocks, Buffer.concat(Array.from({ length: 10 }, () => text)))
  const open = () => unpack(row(packed), packed.unpackedBytes, { blocks, memory })
  release.mockClear()
  const first = open()
  expect(release).toHaveBeenCalledTimes(1)
  expect(open()?.bytes.buffer).not.toBe(first?.bytes.buffer)
  first?.memory.release()
  expect(open()?.bytes.buffer).toBe(first?.bytes.buffer)
})

test('what is not packed, or of a later format, stays as it is', () => {
  const plain = row(pack(undefined, text))
  const later = { ...plain, format: 3 }
  const unpacking = { blocks: createBlocks(), memory: createRowMemory() }
  expect(unpack(plain, undefined, unpacking)).toBe(plain)
  expect(unpack(later, 1, unpacking)).toBe(later)
})
