import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeAwsChunked } from './aws-chunked.ts'

test('a body comes out whole, however it was framed and however it arrived', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 64 }),
      async (chunks, pieceBytes) => {
        const framed = frame(chunks, 'x-amz-checksum-crc32:AAAAAA==\r\n')
        const { bytes, trailers } = await decoded(framed, pieceBytes)
        expect(bytes).toEqual(Buffer.concat(chunks))
        expect(trailers.get('x-amz-checksum-crc32')).toBe('AAAAAA==')
      },
    ),
  )
})

test('a body that ends early or lies about its sizes is refused', async () => {
  const whole = frame([Buffer.from('hello'), Buffer.from('world')], '')
  // The last two bytes are the empty line behind the trailers, which some clients leave out.
  for (let length = 0; length < whole.length - 2; length += 1) {
    await expect(decoded(whole.subarray(0, length), 7)).rejects.toThrow()
  }
  await expect(decoded(Buffer.from('4\r\nhello\r\n0\r\n\r\n'), 99)).rejects.toThrow()
  await expect(decoded(Buffer.from('g\r\nhello\r\n0\r\n\r\n'), 99)).rejects.toThrow()
})

test('chunk signatures are passed over', async () => {
  const { bytes } = await decoded(Buffer.from('5;chunk-signature=ab\r\nhello\r\n0;chunk-signature=cd\r\n\r\n'), 3)
  expect(bytes.toString()).toBe('hello')
})

function frame(chunks: readonly Uint8Array[], trailers: string): Buffer {
  const parts = chunks.flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')])
  return Buffer.concat([...parts, Buffer.from(`0\r\n${trailers}\r\n`)])
}

async function decoded(framed: Buffer, pieceBytes: number) {
  const trailers = new Map<string, string>()
  const parts: Buffer[] = []
  for await (const part of decodeAwsChunked(inPieces(framed, pieceBytes), trailers)) parts.push(part)
  return { bytes: Buffer.concat(parts), trailers }
}

async function* inPieces(bytes: Buffer, pieceBytes: number) {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}
