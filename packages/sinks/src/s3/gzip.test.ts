import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createGzips } from './gzip.ts'

const PIECE_BYTES = 256 * 1024

const lineOfBytes = (source: Buffer) => ({ source, start: 0, byteLength: source.length })

test('lines come out as they went in, whatever their sizes, from compressors that are used again', async () => {
  const gzip = createGzips({ level: 5, keptMax: 1 })
  const sizes = fc.array(
    fc.oneof(fc.nat(2_000), fc.constantFrom(PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES)),
    { minLength: 1, maxLength: 6 },
  )
  await fc.assert(
    fc.asyncProperty(sizes, fc.uint8Array({ minLength: 1, maxLength: 64 }), async (lengths, pattern) => {
      const lines = lengths.map((length) => Buffer.alloc(length, pattern))
      const body = await gzip(lines.map(lineOfBytes))
      expect(gunzipSync(body).equals(Buffer.concat(lines))).toBe(true)
    }),
    { numRuns: 40 },
  )
})

test('only the line is read of what it is a part of, and several at once do not mix', async () => {
  const gzip = createGzips({ level: 5, keptMax: 2 })
  const source = Buffer.from('0123456789')
  const parts = [2, 5, 7].map((start) => [{ source, start, byteLength: 3 }])
  const bodies = await Promise.all(parts.map((lines) => gzip(lines)))
  expect(bodies.map((body) => gunzipSync(body).toString())).toEqual(['234', '567', '789'])
})

test('a compressor that was told to stop in the middle is not used again', async () => {
  const gzip = createGzips({ level: 5, keptMax: 1 })
  const stop = new AbortController()
  const long = gzip([lineOfBytes(Buffer.alloc(20 * PIECE_BYTES, 'long'))], stop.signal)
  stop.abort()
  await expect(long).rejects.toThrow(/abort/i)
  expect(gunzipSync(await gzip([lineOfBytes(Buffer.from('next'))])).toString()).toBe('next')
})
