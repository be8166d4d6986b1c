import { expect, test } from 'vitest'
import { CreateAccessKeyInput, RevokeAccessKeyInput } from './access-key.ts'
import { AddTagsInput, ListTagsInput, RemoveTagsInput } from './tags.ts'

const resourceArn = 'arn:aws:ivschat:us-west-2:123456789012:room/abc123DEF456'
const tagged = (tags: unknown) => AddTagsInput.safeParse({ resourceArn, tags }).success
const untagged = (tagKeys: unknown) => RemoveTagsInput.safeParse({ resourceArn, tagKeys }).success
const many = (n: number) => Array.from({ length: n }, (_, i) => `key${i}`)

test('rooms and logging configurations take tags', () => {
  const configuration = 'arn:aws:ivschat:us-west-2:123456789012:logging-configuration/abcdABCDefgh'
  for (const arn of [resourceArn, configuration])
    expect(ListTagsInput.safeParse({ resourceArn: arn }).success).toBe(true)
  expect(ListTagsInput.safeParse({ resourceArn: 'arn:aws:s3:::bucket' }).success).toBe(false)
})

test('tags are taken up to their limits, and not past them', () => {
  for (const tags of [{}, { k: '' }, { ['🔑'.repeat(128)]: '🎉'.repeat(256) }]) expect(tagged(tags)).toBe(true)
  expect(tagged(Object.fromEntries(many(50).map((key) => [key, 'v'])))).toBe(true)
  expect(tagged(Object.fromEntries(many(51).map((key) => [key, 'v'])))).toBe(false)
  for (const tags of [undefined, null, [], { '': 'v' }, { ['k'.repeat(129)]: 'v' }, { k: 'v'.repeat(257) }, { k: 1 }]) {
    expect(tagged(tags)).toBe(false)
  }
})

test('a tag that the database could not store is refused', () => {
  for (const tags of [{ k: '\0' }, { 'k\0': 'v' }, { k: '\ud800' }, { '\udc00': 'v' }]) expect(tagged(tags)).toBe(false)
})

test('tag keys are taken up to their limits, and not past them', () => {
  for (const keys of [[], ['k'.repeat(128)], many(50)]) expect(untagged(keys)).toBe(true)
  for (const keys of [undefined, [''], ['k'.repeat(129)], many(51)]) expect(untagged(keys)).toBe(false)
})

test('an access key has one scope or both', () => {
  const made = (scopes: unknown) => CreateAccessKeyInput.safeParse({ scopes }).success
  for (const scopes of [['admin'], ['chat'], ['admin', 'chat']]) expect(made(scopes)).toBe(true)
  for (const scopes of [undefined, [], ['root'], ['chat', 'chat'], 'chat']) expect(made(scopes)).toBe(false)
})

test('the id of an access key has no dot, which ends it in a bearer token', () => {
  const revoked = (accessKeyId: unknown) => RevokeAccessKeyInput.safeParse({ accessKeyId }).success
  expect(revoked('RLK_abc-123')).toBe(true)
  for (const id of ['', 'a.b', 'a b', 'a'.repeat(129)]) expect(revoked(id)).toBe(false)
})
