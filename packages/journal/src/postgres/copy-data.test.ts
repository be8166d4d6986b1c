import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CopyData } from './copy-data.ts'

const ROW = 'd'

/** As Postgres frames it: a byte, a length that counts itself, and the rest. */
function framed([name, body]: readonly [string, Uint8Array]): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length + 4)
  return Buffer.concat([Buffer.from(name), length, body])
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const cuts = [0, ...[...new Set(at.map((n) => n % (bytes.length + 1)))].sort((a, b) => a - b), bytes.length]
  return cuts.slice(1).map((end, n) => bytes.subarray(cuts[n], end))
}

const message = fc.tuple(fc.constantFrom(ROW, ROW, 'H', 'N', 'C', 'Z'), fc.uint8Array({ maxLength: 300 }))

test('rows are taken whole and all the rest passes in order, however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 20 }), (messages, cuts) => {
      const stream = new PassThrough()
      const passed: Buffer[] = []
      stream.on('data', (part: Buffer) => passed.push(Buffer.from(part)))
      const rows: string[] = []
      CopyData.of(stream).takenBy({
        memoryFor: (bytes) => Buffer.alloc(bytes + 7),
        onRow: (row, bytes) => rows.push(row.toString('hex', 0, bytes)),
      })
      // The last is no row: an empty row at the very end is told of with what follows it.
      const sent = [...messages, ['Z', Buffer.from('I')] as const]
      for (const chunk of cut(Buffer.concat(sent.map(framed)), cuts)) stream.emit('data', chunk)
      expect(rows).toEqual(sent.filter(([name]) => name === ROW).map(([, body]) => Buffer.from(body).toString('hex')))
      const others = sent.filter(([name]) => name !== ROW)
      expect(Buffer.concat(passed)).toEqual(Buffer.concat(others.map(framed)))
    }),
  )
})

test('a connection whose rows nobody takes is pg’s, as before, and so it is again afterwards', () => {
  const stream = new PassThrough()
  const passed: string[] = []
  stream.on('data', (part: Buffer) => passed.push(part.toString('latin1')))
  const data = CopyData.of(stream)
  expect(CopyData.of(stream)).toBe(data)
  stream.emit('data', Buffer.from('anything'))
  data.takenBy({ memoryFor: (bytes) => Buffer.alloc(bytes), onRow: () => data.takenBy(undefined) })
  stream.emit('data', Buffer.concat([framed(['d', Buffer.from('row')]), Buffer.from('at all')]))
  expect(passed).toEqual(['anything', 'at all'])
})
