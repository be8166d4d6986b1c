import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createSecretBox } from './secret-box.ts'

const key = () => randomBytes(32).toString('base64')

test('gives back what was encrypted, and never the same text twice', () => {
  const box = createSecretBox(key())
  expect(box.decrypt(box.encrypt('sécret'))).toBe('sécret')
  expect(box.encrypt('same')).not.toBe(box.encrypt('same'))
})

test('a new key in front encrypts, the old one behind it still decrypts', () => {
  const [old, next] = [key(), key()]
  const before = createSecretBox(old).encrypt('kept')
  const rotated = createSecretBox(`${next}, ${old}`)
  expect(rotated.decrypt(before)).toBe('kept')
  expect(createSecretBox(next).decrypt(rotated.encrypt('new'))).toBe('new')
  expect(createSecretBox(next).decrypt(before)).toBeUndefined()
})

test('refuses a text that was tampered with, cut or is not one of ours', () => {
  const box = createSecretBox(key())
  const sealed = Buffer.from(box.encrypt('secret'), 'base64')
  for (const [i, byte] of sealed.entries()) {
    const changed = Buffer.from(sealed)
    changed[i] = byte ^ 1
    expect(box.decrypt(changed.toString('base64'))).toBeUndefined()
  }
  expect(box.decrypt(sealed.subarray(0, 20).toString('base64'))).toBeUndefined()
  expect(box.decrypt('')).toBeUndefined()
})

test.each(['', 'short', `${key()},`, randomBytes(16).toString('base64'), '!'.repeat(44)])(
  'refuses the key list %j without repeating it',
  (keys) => {
    expect(() => createSecretBox(keys)).toThrow(/must be 32 bytes in base64/)
  },
)
