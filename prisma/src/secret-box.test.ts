import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createSecretBox } from './secret-box.ts'

const owner = ['111111111111', 'RLKEY']
const key = () => randomBytes(32).toString('base64')

test('gives back what was encrypted, and never the same text twice', () => {
  const box = createSecretBox(key())
  expect(box.decrypt(box.encrypt('sécret', owner), owner)).toBe('sécret')
  expect(box.encrypt('same', owner)).not.toBe(box.encrypt('same', owner))
})

test('a new key in front encrypts, the old one behind it still decrypts', () => {
  const [old, next] = [key(), key()]
  const before = createSecretBox(old).encrypt('kept', owner)
  const rotated = createSecretBox(`${next}, ${old}`)
  expect(rotated.decrypt(before, owner)).toBe('kept')
  expect(createSecretBox(next).decrypt(rotated.encrypt('new', owner), owner)).toBe('new')
  expect(createSecretBox(next).decrypt(before, owner)).toBeUndefined()
})

test('a secret opens only for the account and the key that it was encrypted for', () => {
  const box = createSecretBox(key())
  const sealed = box.encrypt('secret', owner)
  for (const other of [['222222222222', 'RLKEY'], ['111111111111', 'RLOTHER'], ['111111111111RLKEY'], []]) {
    expect(box.decrypt(sealed, other)).toBeUndefined()
  }
  // Nor when it is made to look like one of those that were bound to nothing.
  const unbound = Buffer.from(sealed, 'base64')
  unbound[0] = 1
  expect(box.decrypt(unbound.toString('base64'), owner)).toBeUndefined()
})

test('what the first releases wrote, bound to nothing, is still read', () => {
  // Of the release before this one, with this key.
  const box = createSecretBox('BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=')
  expect(box.decrypt('AUuwb46RNlsmMO8HbiDrZ3ct2s4RFUs1Caz3fxUDWeXYPyLwZBqsHjya8SfcNd4M', owner)).toBe('an older secret')
})

test('refuses a text that was tampered with, cut or is not one of ours', () => {
  const box = createSecretBox(key())
  const sealed = Buffer.from(box.encrypt('secret', owner), 'base64')
  for (const [i, byte] of sealed.entries()) {
    const changed = Buffer.from(sealed)
    changed[i] = byte ^ 1
    expect(box.decrypt(changed.toString('base64'), owner)).toBeUndefined()
  }
  expect(box.decrypt(sealed.subarray(0, 20).toString('base64'), owner)).toBeUndefined()
  expect(box.decrypt('', owner)).toBeUndefined()
})

test.each(['', 'short', `${key()},`, randomBytes(16).toString('base64'), '!'.repeat(44)])(
  'refuses the key list %j without repeating it',
  (keys) => {
    expect(() => createSecretBox(keys)).toThrow(/must be 32 bytes in base64/)
  },
)
