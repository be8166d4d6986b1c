import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SendMessageInput } from './chat.ts'
import { MessageId } from './id.ts'
import { createMessageReader } from './message-reader.ts'
import { type MessageToSend, toSend } from './message-to-send.ts'
import { recordTime } from './send-time.ts'

const roomIdentifier = 'arn:aws:ivschat:us-west-2:123456789012:room/abc123DEF456'
const message = { roomIdentifier, sender: { userId: 'u-1' }, content: 'hi' }
const full = {
  roomIdentifier,
  sender: { userId: 'ü"1', attributes: { avatar: '🦊', '': '' } },
  content: 'späß 🎉\t\u2028\\',
  attributes: { z: '1', a: '"\n' },
  requestId: '',
}
const { readMessage, readCall } = createMessageReader()

function recordOf(message: MessageToSend): string {
  const into = Buffer.alloc(8_192)
  const end = message.write(into, 3, MessageId.parse('aB3dE5fG7hJ9'), recordTime(1_700_000_000_123_456_789n))
  return into.toString('latin1', 3, end)
}

/** Holds that what was read, if it was, is what the schema makes of the same body. */
function expectSame(read: MessageToSend | undefined, value: unknown) {
  if (read === undefined) return
  const checked = toSend(SendMessageInput.parse(value))
  expect(read.roomIdentifier).toBe(checked.roomIdentifier)
  expect(read.contentLength).toBe(checked.contentLength)
  expect(recordOf(read)).toBe(recordOf(checked))
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString())
  } catch {
    return undefined
  }
}

// JSON by hand: keys that stand there twice, in any order and spelling, white space anywhere.

const space = fc.constantFrom('', '', '', '', '', '', ' ', '\n\t', '\r')
const spelled = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }).map((text) => JSON.stringify(text)) },
  fc.constantFrom(
    '""',
    '"\\/"',
    '"\\u0041"',
    '"\\ud83d"',
    '"\\u000a"',
    '"\\x"',
    '"\u0001"',
    '"\\"',
    '"a\\\\"',
    'null',
    '7',
  ),
  fc
    .tuple(fc.constantFrom('a', 'ä', '中', '🎉', '\\n'), fc.constantFrom(127, 128, 129, 256, 257, 500, 501))
    .map(([unit, n]) => `"${unit.repeat(n)}"`),
)
const key = fc.constantFrom(
  '"a"',
  '"b"',
  '""',
  '"7"',
  '"07"',
  '"__proto__"',
  '"\\n"',
  '"\\u0061"',
  '"ä"',
  '"ab"',
  '"a b"',
)
const joined = (pairs: readonly (readonly [string, string])[], gap: string) =>
  `{${gap}${pairs.map(([name, value]) => `${name}${gap}:${gap}${value}`).join(`${gap},${gap}`)}${gap}}`
const map = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.array(fc.tuple(key, spelled), { maxLength: 4 }), space).map(([m, gap]) => joined(m, gap)),
  },
  fc.integer({ min: 250, max: 1_030 }).map((n) => `{"k":"${'ä'.repeat(n)}"}`),
  fc.integer({ min: 14, max: 18 }).map((n) =>
    joined(
      Array.from({ length: n }, (_, i) => [`"k${i}"`, '""'] as const),
      '',
    ),
  ),
  fc.constantFrom('{}', 'null', '[]', '{"a":1}', '{"a":"b",}', '{"a"}'),
)
const object = (members: Record<string, fc.Arbitrary<string>>, order: readonly string[]) => {
  const usual = fc.tuple(
    ...order.map((name) => (members[name] ?? fc.constant('1')).map((value) => [`"${name}"`, value] as const)),
  )
  const changed = fc
    .tuple(
      usual,
      fc.nat(),
      fc.nat(),
      fc.constantFrom('keep', 'keep', 'keep', 'keep', 'swap', 'swap', 'drop', 'twice', 'swap', 'stranger'),
    )
    .map(([pairs, a, b, change]) => {
      const all = [...pairs]
      const [i, k] = [a % all.length, b % all.length]
      const [one, other] = [all[i], all[k]]
      if (change === 'drop') all.splice(i, 1)
      else if (change === 'twice' && one) all.splice(k, 0, one)
      else if (change === 'swap' && one && other) [all[i], all[k]] = [other, one]
      else if (change === 'stranger') all.splice(i, 0, ['"stranger"', '1'])
      return all
    })
  return fc.tuple(changed, space).map(([pairs, gap]) => joined(pairs, gap))
}
const arn = fc.constantFrom(
  JSON.stringify(roomIdentifier),
  JSON.stringify(roomIdentifier.replace('abc', 'xyz')),
  JSON.stringify(`${roomIdentifier}\n`),
  JSON.stringify(`${roomIdentifier}${'a'.repeat(90)}`),
  JSON.stringify(`ä${roomIdentifier}`),
  '7',
)
const likely = (value: fc.Arbitrary<string>, usual: string) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, value)
const messageText = object(
  {
    roomIdentifier: likely(arn, JSON.stringify(roomIdentifier)),
    sender: object({ userId: likely(spelled, '"u"'), attributes: likely(map, '{"a":"ä\\n","b":""}') }, [
      'userId',
      'attributes',
    ]),
    content: likely(spelled, '"hello"'),
    attributes: likely(map, '{"a":"b","ab":"🎉"}'),
    requestId: likely(spelled, '""'),
  },
  ['roomIdentifier', 'sender', 'content', 'attributes', 'requestId'],
)
/** Its bytes, now and then with one that is another, which may be no UTF-8. */
const bodyOf = (text: fc.Arbitrary<string>) =>
  fc.tuple(text, fc.option(fc.tuple(fc.nat(), fc.nat(255)), { freq: 3 })).map(([body, change]) => {
    const bytes = Buffer.from(body)
    if (change !== null) bytes[change[0] % bytes.length] = change[1]
    return bytes
  })

test('what is read of a body is what its schema takes, and becomes the same record', () => {
  let read = 0
  fc.assert(
    fc.property(bodyOf(messageText), (body) => {
      const found = readMessage(body)
      expectSame(found, parsed(body))
      read += found === undefined ? 0 : 1
    }),
    { numRuns: 5_000 },
  )
  expect(read).toBeGreaterThan(250)
})

test('what is read of a call is what its messages are, each the same record', () => {
  const call = fc
    .tuple(fc.array(messageText, { maxLength: 3 }), space, fc.constantFrom('', '', '', ',"more":1', ']'))
    .map(([messages, gap, more]) => `${gap}{"messages"${gap}:[${messages.join(`,${gap}`)}]${more}}${gap}`)
  fc.assert(
    fc.property(bodyOf(call), (body) => {
      const found = readCall(body)
      if (found === undefined) return
      const value = parsed(body)
      expect(value).toEqual({ messages: expect.any(Array) })
      const messages = Object(value).messages
      expect(found.length).toBe(messages.length)
      for (const [i, one] of found.entries()) expectSame(one, messages[i])
    }),
    { numRuns: 2_000 },
  )
})

test('messages as clients write them are read, up to the limits in characters', () => {
  for (const value of [message, full, { ...message, content: '🎉'.repeat(500), sender: { userId: 'ä'.repeat(128) } }]) {
    const read = readMessage(Buffer.from(JSON.stringify(value)))
    expect(read).toBeDefined()
    expectSame(read, value)
  }
  const spaced = readMessage(Buffer.from(JSON.stringify(message, undefined, 2)))
  expect(spaced).toBeDefined()
  expectSame(spaced, message)
})

test('a call has 1 to 1,000 messages', () => {
  const bodyOfMany = (n: number) => Buffer.from(JSON.stringify({ messages: Array.from({ length: n }, () => full) }))
  expect(readCall(bodyOfMany(0))).toBeUndefined()
  expect(readCall(bodyOfMany(1_000))?.length).toBe(1_000)
  expect(readCall(bodyOfMany(1_001))).toBeUndefined()
})

test('the beginning of a body is never read as a whole', () => {
  const body = Buffer.from(JSON.stringify(full))
  for (let end = 0; end < body.length; end++) expect(readMessage(body.subarray(0, end))).toBeUndefined()
  expect(readMessage(Buffer.concat([body, Buffer.from('x')]))).toBeUndefined()
})
