import { MessageId, RoomId } from '@roomlog/domain'
import { expect, test } from 'vitest'
import { metadataOf, occupantOf } from './metadata.ts'

const record = (position: number, id: string) => ({
  roomId: RoomId.parse('AAAAAAAAAAAA'),
  id: MessageId.parse(id),
  position,
  timeMs: 0,
  source: Buffer.from('\n'),
  start: 0,
  byteLength: 1,
})

test('an object says which run it holds', () => {
  const first = record(7, 'aaaaaaaaaaaa')
  const last = record(Number.MAX_SAFE_INTEGER, 'bbbbbbbbbbbb')
  const metadata = metadataOf(first, last, 12)
  expect(metadata).toEqual({
    'roomlog-first': '7:aaaaaaaaaaaa',
    'roomlog-last': '9007199254740991:bbbbbbbbbbbb',
    'roomlog-records': '12',
  })
  expect(occupantOf('key', metadata)).toEqual({
    key: 'key',
    first: { position: first.position, id: first.id },
    last: { position: last.position, id: last.id },
  })
})

test.each([
  undefined,
  {},
  { 'roomlog-first': '7:aaaaaaaaaaaa' },
  { 'roomlog-first': '7:aaaaaaaaaaaa', 'roomlog-last': '8:short' },
  { 'roomlog-first': '7:aaaaaaaaaaaa', 'roomlog-last': '9999999999999999:aaaaaaaaaaaa' },
])('metadata that does not say it is not guessed: %o', (metadata) => {
  expect(occupantOf('key', metadata)).toBeUndefined()
})
