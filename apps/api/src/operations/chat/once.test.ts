import { IdempotencyKey, RoomArn, toSend } from '@roomlog/domain'
import { expect, test } from 'vitest'
import { onceOf, onceOfMessage } from './once.ts'

const key = IdempotencyKey.parse('k')
const roomIdentifier = RoomArn.parse('arn:aws:ivschat:us-west-2:123456789012:room/abc123DEF456')
const message = { roomIdentifier, sender: { userId: 'ann' }, content: 'hello', idempotencyKey: key }

test('the hash of a call is frozen: apis of neighbouring versions must agree on what is the same call', () => {
  const full = {
    ...message,
    sender: { userId: 'ann', attributes: { b: '2', a: '1' } },
    attributes: { toJSON: 'x', 1: 'y' },
    requestId: '\ud83c\udf89',
  }
  expect([message, full].map((each) => onceOfMessage(toSend(each))?.hash)).toMatchInlineSnapshot(`
    [
      "962bf9888241ff4d9bc78abcbfeb4efff5c6cb381f5dfe65fa9eac9f72a3f7de",
      "c4f0d672ad3c077d0f5729fca93991a2a9422f44094628f03a29018334d7ae8c",
    ]
  `)
  expect(onceOf('chat.disconnectUser', key, { roomIdentifier, userId: 'ann' })?.hash).toMatchInlineSnapshot(
    `"98349f3d72a2b40cbd7e8d904492614868fb213489eedc2f79fb13687db6af82"`,
  )
})

test('every member counts, and where it stands; members that no message has do not', () => {
  const hashOf = (more: object) => onceOfMessage(toSend({ ...message, ...more }))?.hash
  const changes = [
    {},
    { content: 'other' },
    { requestId: 'hello' },
    { attributes: {} },
    { attributes: { userId: 'ann' } },
    { sender: { userId: 'bob' } },
    { sender: { userId: 'ann', attributes: {} } },
    { roomIdentifier: RoomArn.parse(`${roomIdentifier.slice(0, -1)}7`) },
  ]
  expect(new Set(changes.map(hashOf)).size).toBe(changes.length)
  expect(hashOf({ more: 1 })).toBe(hashOf({}))
})

test('without a key there is nothing to tell calls by', () => {
  expect(onceOfMessage(toSend({ ...message, idempotencyKey: undefined }))).toBeUndefined()
})
