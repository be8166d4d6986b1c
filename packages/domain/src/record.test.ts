import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MessageId } from './id.ts'
import { deleteMessageAttributes, disconnectUserAttributes, eventRecord, messageRecord, recordId } from './record.ts'

const line = (bytes: Uint8Array) => new TextDecoder('utf-8', { fatal: true }).decode(bytes)
const id = MessageId.parse('aB3dE5fG7hJ9')
const eventId = MessageId.parse('kL1mN3pQ5rS7')
const at = (iso: string, nsBelowMs = 0n) => BigInt(Date.parse(iso)) * 1_000_000n + nsBelowMs

describe('golden records', () => {
  test('a message', () => {
    const record = messageRecord({
      id,
      attributes: { username: 'ann' },
      content: 'hi',
      sendTimeNs: at('2026-01-02T03:04:05.678Z', 901_234n),
      sender: { userId: 'u-1' },
    })
    expect(line(record)).toBe(
      '{"event_timestamp":"2026-01-02T03:04:05.678Z","type":"MESSAGE","payload":{"Type":"MESSAGE","Id":"aB3dE5fG7hJ9","RequestId":"","Attributes":{"username":"ann"},"Content":"hi","SendTime":"2026-01-02T03:04:05.678901234Z","Sender":{"UserId":"u-1","Attributes":{}}},"version":"1.0"}\n',
    )
  })

  test('a deleted message names its id in both spellings', () => {
    const record = eventRecord({
      id: eventId,
      eventName: 'aws:DELETE_MESSAGE',
      attributes: deleteMessageAttributes({ id, reason: 'spam' }),
      sendTimeNs: at('2026-01-02T03:05:00.100Z', 200_300n),
    })
    expect(line(record)).toBe(
      '{"event_timestamp":"2026-01-02T03:05:00.100Z","type":"EVENT","payload":{"Type":"EVENT","Id":"kL1mN3pQ5rS7","RequestId":"","EventName":"aws:DELETE_MESSAGE","Attributes":{"MessageID":"aB3dE5fG7hJ9","MessageId":"aB3dE5fG7hJ9","Reason":"spam"},"SendTime":"2026-01-02T03:05:00.1002003Z"},"version":"1.0"}\n',
    )
  })

  test('a message with every member, on a whole second', () => {
    const record = messageRecord({
      id,
      requestId: '5a8d1c1e-8d2f-4f0e-9b7b-0f6a3f1f2c11',
      attributes: { z: '1', a: '"\\\n\u0001' },
      content: 'späß 🎉\t\u2028',
      sendTimeNs: at('2026-01-02T03:04:05.000Z'),
      sender: { userId: 'ü"1', attributes: { avatar: '🦊' } },
    })
    expect(line(record)).toBe(
      '{"event_timestamp":"2026-01-02T03:04:05.000Z","type":"MESSAGE","payload":{"Type":"MESSAGE","Id":"aB3dE5fG7hJ9","RequestId":"5a8d1c1e-8d2f-4f0e-9b7b-0f6a3f1f2c11","Attributes":{"z":"1","a":"\\"\\\\\\n\\u0001"},"Content":"späß 🎉\\t\u2028","SendTime":"2026-01-02T03:04:05Z","Sender":{"UserId":"ü\\"1","Attributes":{"avatar":"🦊"}}},"version":"1.0"}\n',
    )
  })

  test('no attributes are null for a message and an event, and {} for a sender; empty ones are {}', () => {
    const sendTimeNs = at('2026-01-02T03:04:05.500Z')
    expect(line(messageRecord({ id, content: 'x', sendTimeNs, sender: { userId: 'u' } }))).toBe(
      '{"event_timestamp":"2026-01-02T03:04:05.500Z","type":"MESSAGE","payload":{"Type":"MESSAGE","Id":"aB3dE5fG7hJ9","RequestId":"","Attributes":null,"Content":"x","SendTime":"2026-01-02T03:04:05.5Z","Sender":{"UserId":"u","Attributes":{}}},"version":"1.0"}\n',
    )
    expect(line(eventRecord({ id, eventName: 'app:PING', sendTimeNs }))).toBe(
      '{"event_timestamp":"2026-01-02T03:04:05.500Z","type":"EVENT","payload":{"Type":"EVENT","Id":"aB3dE5fG7hJ9","RequestId":"","EventName":"app:PING","Attributes":null,"SendTime":"2026-01-02T03:04:05.5Z"},"version":"1.0"}\n',
    )
    expect(line(eventRecord({ id, eventName: 'app:PING', attributes: {}, sendTimeNs }))).toContain('"Attributes":{},')
  })

  test('a disconnected user', () => {
    const record = eventRecord({
      id: eventId,
      requestId: 'r',
      eventName: 'aws:DISCONNECT_USER',
      attributes: disconnectUserAttributes({ userId: 'u-1', reason: 'rude' }),
      sendTimeNs: at('2026-01-02T03:05:00.000Z', 1n),
    })
    expect(line(record)).toBe(
      '{"event_timestamp":"2026-01-02T03:05:00.000Z","type":"EVENT","payload":{"Type":"EVENT","Id":"kL1mN3pQ5rS7","RequestId":"r","EventName":"aws:DISCONNECT_USER","Attributes":{"Reason":"rude","UserId":"u-1"},"SendTime":"2026-01-02T03:05:00.000000001Z"},"version":"1.0"}\n',
    )
  })
})

test('a reason that was not given is left out', () => {
  expect(deleteMessageAttributes({ id })).toEqual({ MessageID: id, MessageId: id })
  expect(disconnectUserAttributes({ userId: 'u' })).toEqual({ UserId: 'u' })
})

test('half a surrogate pair becomes U+FFFD, wherever it stands', () => {
  const record = messageRecord({
    id,
    requestId: '\udc00',
    attributes: { '\ud83d': 'a\ud83db' },
    content: '\ud83d🎉\udf89',
    sendTimeNs: 0n,
    sender: { userId: '\ud800' },
  })
  const { payload } = JSON.parse(line(record))
  expect(payload).toMatchObject({
    RequestId: '\ufffd',
    Attributes: { '\ufffd': 'a\ufffdb' },
    Content: '\ufffd🎉\ufffd',
    Sender: { UserId: '\ufffd' },
  })
})

const anyId = fc.stringMatching(/^[a-zA-Z0-9]{12}$/).map((value) => MessageId.parse(value))
const anyText = fc.string({ unit: 'binary', maxLength: 60 })
const anyAttributes = fc.option(fc.dictionary(fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }), anyText), {
  nil: undefined,
})
const anyTime = fc.bigInt({ min: 0n, max: 253_402_300_799_999_999_999n })

test('a message comes back from JSON with the fields it had, and its id without JSON', () => {
  const messages = fc.record({
    id: anyId,
    requestId: fc.option(anyText, { nil: undefined }),
    attributes: anyAttributes,
    content: anyText,
    sendTimeNs: anyTime,
    sender: fc.record({ userId: anyText, attributes: anyAttributes }),
  })
  fc.assert(
    fc.property(messages, (message) => {
      const record = messageRecord(message)
      const parsed = JSON.parse(line(record))
      expect(Object.keys(parsed)).toEqual(['event_timestamp', 'type', 'payload', 'version'])
      expect(Object.keys(parsed.payload)).toEqual([
        'Type',
        'Id',
        'RequestId',
        'Attributes',
        'Content',
        'SendTime',
        'Sender',
      ])
      expect(parsed).toMatchObject({ type: 'MESSAGE', version: '1.0' })
      expect(parsed.payload).toMatchObject({ Type: 'MESSAGE', Id: message.id, Content: message.content })
      expect(parsed.payload.RequestId).toBe(message.requestId ?? '')
      expect(entries(parsed.payload.Attributes)).toEqual(message.attributes ? entries(message.attributes) : null)
      expect(parsed.payload.Sender.UserId).toBe(message.sender.userId)
      expect(entries(parsed.payload.Sender.Attributes)).toEqual(entries(message.sender.attributes ?? {}))
      expect(line(record).indexOf('\n')).toBe(line(record).length - 1)
      expect(recordId(record)).toBe(parsed.payload.Id)
    }),
  )
})

test('text stands in a message as JSON.stringify writes it', () => {
  const texts = fc.string({
    unit: fc.oneof(fc.constantFrom('"', '\\', '\u0000', '\u001f', '\u007f', '\u2028', '🎉'), fc.string()),
  })
  fc.assert(
    fc.property(texts, texts, (text, name) => {
      const record = messageRecord({
        id,
        content: text,
        attributes: { [name]: text },
        sendTimeNs: 0n,
        sender: { userId: text },
      })
      expect(line(record)).toContain(`"Content":${JSON.stringify(text)},`)
      expect(line(record)).toContain(`"Attributes":${JSON.stringify({ [name]: text })},"Content"`)
      expect(line(record)).toContain(`"UserId":${JSON.stringify(text)},`)
    }),
  )
})

test('a record is as long as its message makes it', () => {
  const content = '\u0001🎉'.repeat(5_000)
  const record = messageRecord({ id, content, sendTimeNs: 0n, sender: { userId: 'u' } })
  expect(JSON.parse(line(record)).payload.Content).toBe(content)
})

test('an event comes back from JSON with the fields it had, its attributes in alphabetical order', () => {
  const events = fc.record({
    id: anyId,
    requestId: fc.option(anyText, { nil: undefined }),
    eventName: anyText,
    attributes: anyAttributes,
    sendTimeNs: anyTime,
  })
  fc.assert(
    fc.property(events, (event) => {
      const record = eventRecord(event)
      const parsed = JSON.parse(line(record))
      expect(Object.keys(parsed.payload)).toEqual(['Type', 'Id', 'RequestId', 'EventName', 'Attributes', 'SendTime'])
      expect(parsed.payload).toMatchObject({ Type: 'EVENT', Id: event.id, EventName: event.eventName })
      expect(entries(parsed.payload.Attributes)).toEqual(event.attributes ? entries(event.attributes) : null)
      expect(parsed.payload.SendTime.slice(0, 19)).toBe(parsed.event_timestamp.slice(0, 19))
      // JSON.parse itself moves keys that are numbers to the front.
      const keys = Object.keys(parsed.payload.Attributes ?? {}).filter((key) => !/^\d+$/.test(key))
      expect(keys).toEqual([...keys].sort())
      expect(recordId(record)).toBe(parsed.payload.Id)
    }),
  )
})

test('event attributes are alphabetical also where JavaScript would put numbers first', () => {
  const record = eventRecord({
    id,
    eventName: 'e',
    attributes: { b: '1', '9': '2', '10': '3', B: '4' },
    sendTimeNs: 0n,
  })
  expect(line(record)).toContain('"Attributes":{"10":"3","9":"2","B":"4","b":"1"}')
})

test('the id is read from a slice of a larger buffer', () => {
  const one = messageRecord({ id, content: 'x', sendTimeNs: 0n, sender: { userId: 'u' } })
  const two = eventRecord({ id: eventId, eventName: 'e', sendTimeNs: 0n })
  const both = Buffer.concat([one, two])
  expect(recordId(both.subarray(0, one.length))).toBe(id)
  expect(recordId(both.subarray(one.length))).toBe(eventId)
})

test('no attribute key stands in a record twice, and none is lost by its name', () => {
  const attributes = JSON.parse('{"\\ud800":"1","\\ud801":"2","__proto__":"3","toJSON":"4"}')
  const message = messageRecord({ id, attributes, content: 'x', sendTimeNs: 0n, sender: { userId: 'u' } })
  const event = eventRecord({ id, attributes, eventName: 'e', sendTimeNs: 0n })
  expect(line(message)).toContain('"Attributes":{"\ufffd":"2","__proto__":"3","toJSON":"4"}')
  expect(line(event)).toContain('"Attributes":{"__proto__":"3","toJSON":"4","\ufffd":"2"}')
})

test('what is no record has no id', () => {
  const record = messageRecord({ id, content: 'x', sendTimeNs: 0n, sender: { userId: 'u' } })
  expect(recordId(new Uint8Array())).toBeUndefined()
  expect(recordId(record.subarray(1))).toBeUndefined()
  expect(recordId(record.subarray(0, 80))).toBeUndefined()
  expect(recordId(Buffer.from(line(record).replace('aB3dE5fG7hJ9', 'aB3dE5fG7h"9')))).toBeUndefined()
})

function entries(map: Record<string, string> | null) {
  return map === null ? null : Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1))
}
