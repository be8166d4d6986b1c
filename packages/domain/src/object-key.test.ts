import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AccountId, DestinationVersionId, MessageId, RoomId } from './id.ts'
import { hourFolder, logStreamName, objectKey, runStartOf } from './object-key.ts'

const run = {
  accountId: AccountId.parse('123456789012'),
  region: 'us-west-2',
  roomId: RoomId.parse('abc123DEF456'),
  timeMs: Date.parse('2022-10-14T17:40:59.999Z'),
  position: 1,
  destinationVersionId: DestinationVersionId.parse(1),
  id: MessageId.parse('aB3dE5fG7hJ9'),
}

// A key that changes delivers again what is delivered: these strings are never to be edited.
test.each([
  [
    run,
    'AWSLogs/123456789012/IVSChatLogs/1.0/us-west-2/room_abc123DEF456/2022/10/14/17/123456789012_IVSChatLogs_1.0_us-west-2_room_abc123DEF456_20221014T1740Z_0000000000000001623898c3d3e4c721.log.gz',
  ],
  [
    { ...run, destinationVersionId: DestinationVersionId.parse(2) },
    'AWSLogs/123456789012/IVSChatLogs/1.0/us-west-2/room_abc123DEF456/2022/10/14/17/123456789012_IVSChatLogs_1.0_us-west-2_room_abc123DEF456_20221014T1740Z_0000000000000001de8173c4838e7b09.log.gz',
  ],
  [
    {
      ...run,
      region: 'eu-central-1',
      timeMs: Date.parse('2026-01-02T03:04:05.678Z'),
      position: Number.MAX_SAFE_INTEGER,
      id: MessageId.parse('kL1mN3pQ5rS7'),
    },
    'AWSLogs/123456789012/IVSChatLogs/1.0/eu-central-1/room_abc123DEF456/2026/01/02/03/123456789012_IVSChatLogs_1.0_eu-central-1_room_abc123DEF456_20260102T0304Z_001fffffffffffffec397700c54c9b47.log.gz',
  ],
])('golden key %#', (start, key) => {
  expect(objectKey(start)).toBe(key)
})

test('the log stream of a room', () => {
  expect(logStreamName(run.roomId)).toBe('aws/IVSChatLogs/1.0/room_abc123DEF456')
})

const anyRun = fc.record({
  position: fc.nat({ max: Number.MAX_SAFE_INTEGER - 1 }),
  timeMs: fc.integer({ min: 0, max: Date.parse('9999-12-31T23:59:59.999Z') }),
  id: fc.stringMatching(/^[a-zA-Z0-9]{12}$/).map((value) => MessageId.parse(value)),
  destinationVersionId: fc.integer({ min: 1 }).map((value) => DestinationVersionId.parse(value)),
})

test('the keys of a room sort as its positions do, whatever the ids, versions and gaps', () => {
  const growth = fc.record({ positions: fc.nat(1_000_000), ms: fc.oneof(fc.constant(0), fc.nat(90_000_000)) })
  fc.assert(
    fc.property(anyRun, anyRun, growth, (first, second, grown) => {
      const position = Math.min(first.position + 1 + grown.positions, Number.MAX_SAFE_INTEGER)
      const timeMs = Math.min(first.timeMs + grown.ms, Date.parse('9999-12-31T23:59:59.999Z'))
      expect(objectKey({ ...run, ...first }) < objectKey({ ...run, ...second, position, timeMs })).toBe(true)
    }),
  )
})

test('a key lies in the folder of its hour, and tells its first position and its minute', () => {
  fc.assert(
    fc.property(anyRun, (first) => {
      const key = objectKey({ ...run, ...first })
      expect(key.startsWith(hourFolder({ ...run, ...first }))).toBe(true)
      expect(runStartOf(key)).toEqual({ position: first.position, timeMs: first.timeMs - (first.timeMs % 60_000) })
    }),
  )
})

test.each(['', 'AWSLogs/notes.txt', 'a_20221399T9999Z_00000000000000010000000000000000.log.gz'])(
  '"%s" is no key',
  (key) => {
    expect(runStartOf(key)).toBeUndefined()
  },
)

test('a key is the same for every time of one minute, and another for the next', () => {
  const key = (iso: string) => objectKey({ ...run, timeMs: Date.parse(iso) })
  expect(key('2022-10-14T17:40:00.000Z')).toBe(key('2022-10-14T17:40:59.999Z'))
  expect(key('2022-10-14T17:41:00.000Z')).not.toBe(key('2022-10-14T17:40:59.999Z'))
})

test('what is no position is a bug', () => {
  for (const position of [-1, 0.5, Number.NaN, 2 ** 53])
    expect(() => objectKey({ ...run, position })).toThrow(RangeError)
})
