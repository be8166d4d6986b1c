import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SendMessageInput, SendMessagesInput } from './chat.ts'
import { isPlainCall, isPlainMessage } from './plain-message.ts'

const roomIdentifier = 'arn:aws:ivschat:us-west-2:123456789012:room/abc123DEF456'
const message = { roomIdentifier, sender: { userId: 'u-1' }, content: 'hi' }

/** Mostly what a member should be, at and around its limits, and sometimes anything. */
const or = (value: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 12, arbitrary: value }, { weight: 1, arbitrary: fc.jsonValue() })
const textOf = (lengthMax: number) =>
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc
      .tuple(fc.constantFrom('a', 'ä', '中', '🎉', '\ud83d'), fc.integer({ min: -2, max: 2 }))
      .map(([unit, more]) => unit.repeat(lengthMax + more)),
  )
const attributes = fc.oneof(
  fc.dictionary(fc.string({ maxLength: 4 }), or(fc.string({ maxLength: 4 })), { maxKeys: 3 }),
  fc
    .tuple(fc.constantFrom('a', 'ä', '中', '🎉'), fc.integer({ min: 250, max: 1_030 }))
    .map(([unit, n]) => ({ k: unit.repeat(n) })),
  fc.constant(JSON.parse('{"__proto__":"a","toJSON":"b"}')),
)
const someMessage = fc.record(
  {
    roomIdentifier: or(
      fc.constantFrom(
        roomIdentifier,
        `${roomIdentifier}\n`,
        `${roomIdentifier}${'a'.repeat(90)}`,
        `x${roomIdentifier}`,
      ),
    ),
    sender: or(fc.record({ userId: or(textOf(128)), attributes: or(attributes) }, { requiredKeys: ['userId'] })),
    content: or(textOf(500)),
    attributes: or(attributes),
    requestId: or(textOf(256)),
    idempotencyKey: or(fc.oneof(textOf(128), fc.constant('a\0'))),
    more: fc.jsonValue(),
  },
  { requiredKeys: ['roomIdentifier', 'sender', 'content'] },
)

test('what is plain is what the schema takes, member by member', () => {
  fc.assert(
    fc.property(someMessage, (value: unknown) => {
      if (!isPlainMessage(value)) return
      const { sender, ...rest } = SendMessageInput.parse(value)
      expect(value).toMatchObject(rest)
      expect(value.sender).toMatchObject(sender)
    }),
    { numRuns: 2_000 },
  )
})

test('usual messages are plain, and so are all up to the limits in UTF-16', () => {
  expect(isPlainMessage(message)).toBe(true)
  const full = {
    ...message,
    sender: { userId: 'u', attributes: { a: 'ä' } },
    attributes: { b: '🎉' },
    requestId: 'r',
    idempotencyKey: 'k',
  }
  expect(isPlainMessage(full)).toBe(true)
  expect(isPlainMessage({ ...message, content: 'ä'.repeat(500), sender: { userId: 'ä'.repeat(128) } })).toBe(true)
})

test('a call is plain where the schema takes it as it is', () => {
  const call = fc.record({ messages: or(fc.array(or(fc.constant(message)), { maxLength: 4 })), more: fc.jsonValue() })
  fc.assert(
    fc.property(or(call), (value: unknown) => {
      const parsed = SendMessagesInput.safeParse(value)
      expect(isPlainCall(value)).toBe(parsed.success)
      if (isPlainCall(value)) expect(parsed.data).toEqual({ messages: value.messages })
    }),
  )
  const messagesOf = (n: number) => ({ messages: Array.from({ length: n }, () => message) })
  expect(isPlainCall(messagesOf(1_000))).toBe(true)
  expect(isPlainCall(messagesOf(1_001))).toBe(false)
})
