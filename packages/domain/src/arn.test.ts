import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  LoggingConfigurationArn,
  loggingConfigurationArn,
  parseLoggingConfigurationArn,
  parseResourceArn,
  parseRoomArn,
  ResourceArn,
  RoomArn,
  roomArn,
} from './arn.ts'
import { AccountId, LoggingConfigurationId, RoomId } from './id.ts'

const anyId = fc.stringMatching(/^[a-zA-Z0-9]{12}$/)
const place = {
  region: fc.stringMatching(/^[a-z]{2}-[a-z]{4,9}-[1-9]$/),
  accountId: fc.stringMatching(/^[0-9]{12}$/).map((value) => AccountId.parse(value)),
}

test('golden ARNs', () => {
  const accountId = AccountId.parse('123456789012')
  expect(roomArn({ region: 'us-west-2', accountId, roomId: RoomId.parse('abc123DEF456') })).toBe(
    'arn:aws:ivschat:us-west-2:123456789012:room/abc123DEF456',
  )
  const loggingConfigurationId = LoggingConfigurationId.parse('abcdABCDefgh')
  expect(loggingConfigurationArn({ region: 'us-west-2', accountId, loggingConfigurationId })).toBe(
    'arn:aws:ivschat:us-west-2:123456789012:logging-configuration/abcdABCDefgh',
  )
})

test('the ARN of a room is taken apart into what it was made of, and is the ARN of nothing else', () => {
  fc.assert(
    fc.property(fc.record({ ...place, roomId: anyId.map((value) => RoomId.parse(value)) }), (parts) => {
      const arn = roomArn(parts)
      expect(parseRoomArn(arn)).toEqual(parts)
      expect(parseResourceArn(arn)).toEqual({ type: 'room', ...parts })
      expect(parseLoggingConfigurationArn(arn)).toBeUndefined()
      expect([RoomArn, ResourceArn].map((schema) => schema.safeParse(arn).success)).toEqual([true, true])
      expect(LoggingConfigurationArn.safeParse(arn).success).toBe(false)
    }),
  )
})

test('so is the ARN of a logging configuration', () => {
  const anyParts = fc.record({
    ...place,
    loggingConfigurationId: anyId.map((value) => LoggingConfigurationId.parse(value)),
  })
  fc.assert(
    fc.property(anyParts, (parts) => {
      const arn = loggingConfigurationArn(parts)
      expect(parseLoggingConfigurationArn(arn)).toEqual(parts)
      expect(parseResourceArn(arn)).toEqual({ type: 'logging-configuration', ...parts })
      expect(parseRoomArn(arn)).toBeUndefined()
      expect([LoggingConfigurationArn, ResourceArn].map((schema) => schema.safeParse(arn).success)).toEqual([
        true,
        true,
      ])
      expect(RoomArn.safeParse(arn).success).toBe(false)
    }),
  )
})

test('an ARN that the API lets pass but no room can have is taken apart into nothing', () => {
  for (const arn of [
    'arn:aws:ivschat:us-west-2:1:room/abc123DEF456',
    'arn:aws:ivschat:us-west-2:123456789012:room/a-b',
  ]) {
    expect(RoomArn.safeParse(arn).success).toBe(true)
    expect(parseRoomArn(arn)).toBeUndefined()
  }
})

test('an ARN has at most 128 characters', () => {
  const arnOf = (length: number) => 'arn:aws:ivschat:us-west-2:1:room/'.padEnd(length, 'a')
  for (const schema of [RoomArn, ResourceArn]) {
    expect(schema.safeParse(arnOf(128)).success).toBe(true)
    expect(schema.safeParse(arnOf(129)).success).toBe(false)
  }
})

test.each([
  '',
  'abc123DEF456',
  'arn:aws:ivschat:us-west-2:123456789012:channel/abc123DEF456',
  'arn:aws:ivs:us-west-2:123456789012:room/abc123DEF456',
  'arn:aws:ivschat:us-west-2:123456789012:room/abc123DEF456/x',
  'arn:aws:ivschat:us-west-2:123456789012:room/abc123DEF456\n',
  ' arn:aws:ivschat:us-west-2:123456789012:room/abc123DEF456',
])('%j is the ARN of nothing', (arn) => {
  expect(parseResourceArn(arn)).toBeUndefined()
  expect(ResourceArn.safeParse(arn).success).toBe(false)
  expect(RoomArn.safeParse(arn).success).toBe(false)
})
