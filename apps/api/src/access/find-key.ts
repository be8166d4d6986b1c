import type { SecretBox } from '@roomlog/db'
import type { FastifyBaseLogger } from 'fastify'
import type pg from 'pg'
import { lookUpAccessKey } from '../store/access-keys.ts'
import { digestOf, type UsableKey } from './authenticator.ts'

/** Reads a key that may be used: there, not revoked, and readable with an encryption key that we have. */
export function createKeyFinder(pool: pg.Pool, secretBox: SecretBox, log: FastifyBaseLogger) {
  return async (accessKeyId: string): Promise<UsableKey | undefined> => {
    const key = await lookUpAccessKey(pool, accessKeyId)
    if (key === undefined) return undefined
    const { accountId, scopes, secretEncrypted } = key
    const secret = secretBox.decrypt(secretEncrypted, [accountId, accessKeyId])
    if (secret === undefined) {
      const hint = 'None of the keys in ROOMLOG_ENCRYPTION_KEY decrypts the secret of an access key.'
      log.error({ event: 'api.accessKeyUnreadable', accessKeyId }, hint)
      return undefined
    }
    return { accountId, scopes, secretDigest: digestOf(secret) }
  }
}
