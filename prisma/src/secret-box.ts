import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16
const KEY_ID_BYTES = 4
/** Bound to nothing: as the first releases wrote them. They are still read, and no longer written. */
const UNBOUND = 1
/** Bound to what it belongs to. */
const BOUND = 2

/** What a secret belongs to: its row's account and key id, say. */
export type Owner = readonly string[]

export type SecretBox = {
  encrypt(plain: string, owner: Owner): string
  /** Undefined when no key of the list opens it, it was tampered with, or it belongs to somebody else. */
  decrypt(text: string, owner: Owner): string | undefined
}

/**
 * Encrypts small secrets at rest (AES-256-GCM). `keys` are 32 bytes each in base64, separated by commas: the first
 * encrypts, all decrypt, so a key is rotated by putting a new one in front. A secret opens only for the owner that it was
 * encrypted for: whoever can write to the table cannot put the secret of his own key into another account's row.
 */
export function createSecretBox(keys: string): SecretBox {
  const [first, ...older] = keys.split(',').map(parseKey)
  if (first === undefined) throw new Error('no encryption key')
  const all = [first, ...older]

  return {
    encrypt(plain, owner) {
      const iv = randomBytes(IV_BYTES)
      const header = Buffer.concat([Buffer.of(BOUND), first.id])
      const cipher = createCipheriv('aes-256-gcm', first.bytes, iv).setAAD(boundTo(header, owner))
      const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return Buffer.concat([header, iv, cipher.getAuthTag(), sealed]).toString('base64')
    },
    decrypt(text, owner) {
      const box = Buffer.from(text, 'base64')
      if ((box[0] !== UNBOUND && box[0] !== BOUND) || box.length < 1 + KEY_ID_BYTES + IV_BYTES + TAG_BYTES)
        return undefined
      const keyId = box.subarray(1, 1 + KEY_ID_BYTES)
      const key = all.find(({ id }) => id.equals(keyId))
      return key === undefined ? undefined : open(key, box, owner)
    },
  }
}

function boundTo(header: Buffer, owner: Owner): Buffer {
  // As JSON, so that no two owners are the same text.
  return Buffer.concat([header, Buffer.from(JSON.stringify(owner))])
}

type Key = { readonly bytes: Buffer; readonly id: Buffer }

function parseKey(text: string, i: number): Key {
  const bytes = Buffer.from(text.trim(), 'base64')
  if (bytes.length !== KEY_BYTES || bytes.toString('base64').replace(/=+$/, '') !== text.trim().replace(/=+$/, '')) {
    // The text itself is a secret, or close to one: it stays out of the message.
    throw new Error(
      `encryption key ${i + 1} must be ${KEY_BYTES} bytes in base64, as made by: openssl rand -base64 ${KEY_BYTES}`,
    )
  }
  return { bytes, id: createHash('sha256').update(bytes).digest().subarray(0, KEY_ID_BYTES) }
}

function open(key: Key, box: Buffer, owner: Owner): string | undefined {
  const headerEnd = 1 + KEY_ID_BYTES
  const ivEnd = headerEnd + IV_BYTES
  const tagEnd = ivEnd + TAG_BYTES
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, box.subarray(headerEnd, ivEnd), {
      authTagLength: TAG_BYTES,
    })
    const header = box.subarray(0, headerEnd)
    decipher.setAAD(box[0] === BOUND ? boundTo(header, owner) : header).setAuthTag(box.subarray(ivEnd, tagEnd))
    return Buffer.concat([decipher.update(box.subarray(tagEnd)), decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}
