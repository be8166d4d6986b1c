import { expect, test } from 'vitest'
import type { z } from 'zod'
import { CreateRoomInput, DeleteRoomInput, GetRoomInput, ListRoomsInput, UpdateRoomInput } from './room.ts'

const identifier = 'arn:aws:ivschat:us-west-2:123456789012:room/abc123DEF456'
const configuration = (n: number) => `arn:aws:ivschat:us-west-2:123456789012:logging-configuration/abcdABCDefg${n}`
const lambda = 'arn:aws:lambda:us-west-2:123456789012:function:'
const taken = (schema: z.ZodType, input: unknown) => schema.safeParse(input).success

test('a room made without a word has the defaults of IVS', () => {
  const defaults = { name: '', maximumMessageRatePerSecond: 10, maximumMessageLength: 500, tags: {} }
  expect(CreateRoomInput.parse(undefined)).toEqual(defaults)
  expect(CreateRoomInput.parse({})).toEqual(defaults)
})

test('an update changes only what it names', () => {
  expect(UpdateRoomInput.parse({ identifier })).toEqual({ identifier })
  expect(UpdateRoomInput.parse({ identifier, loggingConfigurationIdentifiers: [] })).toEqual({
    identifier,
    loggingConfigurationIdentifiers: [],
  })
})

const boundaries: [name: string, member: (n: number) => Record<string, unknown>, least: number, most: number][] = [
  ['name', (n) => ({ name: 'a'.repeat(n) }), 0, 128],
  ['maximumMessageLength', (n) => ({ maximumMessageLength: n }), 1, 500],
  ['maximumMessageRatePerSecond', (n) => ({ maximumMessageRatePerSecond: n }), 1, Number.MAX_SAFE_INTEGER],
  [
    'loggingConfigurationIdentifiers',
    (n) => ({ loggingConfigurationIdentifiers: [0, 1, 2, 3].slice(0, n).map(configuration) }),
    0,
    3,
  ],
  [
    'messageReviewHandler.uri',
    (n) => ({ messageReviewHandler: { uri: lambda.padEnd(n, 'f') } }),
    lambda.length + 1,
    170,
  ],
]

test.each(boundaries)('%s is taken up to its limits, and not past them', (_, member, least, most) => {
  for (const input of [least, most].map(member)) {
    expect(taken(CreateRoomInput, input)).toBe(true)
    expect(taken(UpdateRoomInput, { identifier, ...input })).toBe(true)
  }
  for (const input of [...(least > 0 ? [least - 1] : []), most + 1].map(member)) {
    expect(taken(CreateRoomInput, input)).toBe(false)
    expect(taken(UpdateRoomInput, { identifier, ...input })).toBe(false)
  }
})

test.each([
  { name: 'a b' },
  { name: 'ä' },
  { maximumMessageLength: 1.5 },
  { maximumMessageRatePerSecond: '10' },
  { messageReviewHandler: { uri: 'arn:aws:lambda:us-west-2:1:function:f' } },
  { messageReviewHandler: { uri: `${lambda}f`, fallbackResult: 'MAYBE' } },
  { loggingConfigurationIdentifiers: [identifier] },
  { loggingConfigurationIdentifiers: [configuration(1), configuration(1)] },
])('%j makes no room', (input) => {
  expect(taken(CreateRoomInput, input)).toBe(false)
})

test('an empty uri, which takes the handler off, is taken', () => {
  const messageReviewHandler = { uri: '', fallbackResult: 'DENY' }
  expect(UpdateRoomInput.parse({ identifier, messageReviewHandler })).toEqual({ identifier, messageReviewHandler })
})

test('get and delete take the ARN of a room alone', () => {
  for (const schema of [GetRoomInput, DeleteRoomInput]) {
    expect(taken(schema, { identifier })).toBe(true)
    expect(taken(schema, { identifier: configuration(1) })).toBe(false)
    expect(taken(schema, {})).toBe(false)
  }
})

test('a list is asked for without a word, by nextToken or by cursor', () => {
  expect(ListRoomsInput.parse(undefined)).toEqual({ maxResults: 50 })
  expect(ListRoomsInput.parse({ nextToken: '', maxResults: 1 })).toEqual({ maxResults: 1 })
  expect(ListRoomsInput.parse({ nextToken: 't' })).toEqual({ maxResults: 50, nextToken: 't' })
  expect(ListRoomsInput.parse({ cursor: 't' })).toEqual({ maxResults: 50, nextToken: 't' })
  expect(ListRoomsInput.parse({ cursor: null, name: 'n' })).toEqual({ maxResults: 50, name: 'n' })
  expect(ListRoomsInput.parse({ nextToken: 't', cursor: 'c' })).toEqual({ maxResults: 50, nextToken: 't' })
})

test('a page holds 1 to 50, its token up to 1024 characters', () => {
  for (const maxResults of [1, 50]) expect(taken(ListRoomsInput, { maxResults })).toBe(true)
  for (const maxResults of [0, 51, 1.5]) expect(taken(ListRoomsInput, { maxResults })).toBe(false)
  for (const name of ['nextToken', 'cursor']) {
    expect(taken(ListRoomsInput, { [name]: 't'.repeat(1024) })).toBe(true)
    expect(taken(ListRoomsInput, { [name]: 't'.repeat(1025) })).toBe(false)
  }
})
