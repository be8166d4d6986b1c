import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { DeleteMessageInput, DisconnectUserInput, SendEventInput, SendMessageInput, SendMessagesInput } from './chat.ts'
import { codePoints, hasLength } from './text.ts'

const roomIdentifier = 'arn:aws:ivschat:us-west-2:123456789012:room/abc123DEF456'
const message = { roomIdentifier, sender: { userId: 'u-1' }, content: 'hi' }
const event = { roomIdentifier, eventName: 'app:PING' }
const deletion = { roomIdentifier, id: 'aB3dE5fG7hJ9' }
const disconnection = { roomIdentifier, userId: 'u-1' }
const taken = (schema: z.ZodType, input: unknown) => schema.safeParse(input).success

test('the least and the most that a message says is taken as it is', () => {
  expect(SendMessageInput.parse(message)).toEqual(message)
  const full = { ...message, sender: { userId: 'u', attributes: { a: 'b' } }, attributes: { c: 'd' }, requestId: 'r' }
  expect(SendMessageInput.parse(full)).toEqual(full)
})

// One character of each UTF-8 length: limits are in code points, whatever they take in UTF-16 or UTF-8.
test.each(['a', 'ä', '中', '🎉'])('texts of %s are taken up to their limits, and not past them', (character) => {
  const boundaries: [schema: z.ZodType, input: (value: string) => unknown, least: number, most: number][] = [
    [SendMessageInput, (content) => ({ ...message, content }), 1, 500],
    [SendMessageInput, (userId) => ({ ...message, sender: { userId } }), 1, 128],
    [SendMessageInput, (requestId) => ({ ...message, requestId }), 0, 256],
    [SendEventInput, (eventName) => ({ ...event, eventName }), 1, 100],
    [SendEventInput, (requestId) => ({ ...event, requestId }), 0, 256],
    [SendMessageInput, (idempotencyKey) => ({ ...message, idempotencyKey }), 1, 128],
    [SendEventInput, (idempotencyKey) => ({ ...event, idempotencyKey }), 1, 128],
    [DeleteMessageInput, (reason) => ({ ...deletion, reason }), 1, 256],
    [DisconnectUserInput, (userId) => ({ ...disconnection, userId }), 1, 128],
    [DisconnectUserInput, (reason) => ({ ...disconnection, reason }), 1, 256],
  ]
  for (const [schema, input, least, most] of boundaries) {
    expect(taken(schema, input(character.repeat(least)))).toBe(true)
    expect(taken(schema, input(character.repeat(most)))).toBe(true)
    expect(taken(schema, input(character.repeat(most + 1)))).toBe(false)
    if (least > 0) expect(taken(schema, input(''))).toBe(false)
  }
})

test('a length is the number of code points', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), fc.nat(12), fc.nat(12), (value, min, more) => {
      const length = Array.from(value).length
      expect(codePoints(value)).toBe(length)
      expect(hasLength(value, min, min + more)).toBe(length >= min && length <= min + more)
    }),
  )
})

test.each([
  ['a message', SendMessageInput, (attributes: unknown) => ({ ...message, attributes }), 1024],
  ['a sender', SendMessageInput, (attributes: unknown) => ({ ...message, sender: { userId: 'u', attributes } }), 1024],
  ['an event', SendEventInput, (attributes: unknown) => ({ ...event, attributes }), 4096],
])('the attributes of %s have a total in UTF-8 bytes', (_, schema, input, bytesMax) => {
  expect(taken(schema, input({}))).toBe(true)
  expect(taken(schema, input({ key: 'v'.repeat(bytesMax - 3) }))).toBe(true)
  expect(taken(schema, input({ key: 'v'.repeat(bytesMax - 2) }))).toBe(false)
  expect(taken(schema, input({ ä: '🎉'.repeat((bytesMax - 4) / 4), k: 'v' }))).toBe(true)
  expect(taken(schema, input({ ä: '🎉'.repeat((bytesMax - 4) / 4), k: 'vvv' }))).toBe(false)
  for (const attributes of [{ a: 1 }, { a: null }, ['a'], 'a', null, { a: { b: 'c' } }]) {
    expect(taken(schema, input(attributes))).toBe(false)
  }
})

test('an attribute is kept whatever its key is called', () => {
  const attributes = JSON.parse('{"__proto__":"a","constructor":"b","toJSON":"c"}')
  expect(Object.entries(SendMessageInput.parse({ ...message, attributes }).attributes ?? {})).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
    ['toJSON', 'c'],
  ])
})

test('a call of sendMessages takes 1 to 1,000 objects, good or bad: each is judged by itself', () => {
  const times = (n: number, item: unknown) => ({ messages: Array.from({ length: n }, () => item) })
  expect(taken(SendMessagesInput, times(1, message))).toBe(true)
  expect(taken(SendMessagesInput, times(1000, {}))).toBe(true)
  expect(SendMessagesInput.parse(times(2, { content: 1 }))).toEqual(times(2, { content: 1 }))
  expect(taken(SendMessagesInput, times(0, message))).toBe(false)
  expect(taken(SendMessagesInput, times(1001, message))).toBe(false)
  for (const item of [null, 'x', 1, [message]]) expect(taken(SendMessagesInput, times(1, item))).toBe(false)
})

test('what is deleted is named by an id of 12 characters', () => {
  expect(taken(DeleteMessageInput, deletion)).toBe(true)
  expect(taken(DeleteMessageInput, { ...deletion, id: 'aB3dE5fG7hJ' })).toBe(false)
  expect(taken(DisconnectUserInput, disconnection)).toBe(true)
})
