import type { SecretBox } from '@roomlog/db'
import { AccessKeyScope, AccountId } from '@roomlog/domain'
import type { FastifyBaseLogger } from 'fastify'
import type pg from 'pg'
import { z } from 'zod'
import { lookUp } from '../database/look-up.ts'
import { digestOf, type UsableKey } from './authenticator.ts'

type Row = { readonly account_id: string; readonly scopes: readonly string[]; readonly secret_encrypted: string }

const KEY = 'select account_id, scopes, secret_encrypted from access_key where id = $1 and revoked_at is null'

const Scopes = z.array(AccessKeyScope)

/** Reads a key that may be used: there, not revoked, and readable with an encryption key that we have. */
export function createKeyFinder(pool: pg.Pool, secretBox: SecretBox, log: FastifyBaseLogger) {
  return async (accessKeyId: string): Promise<UsableKey | undefined> => {
    const [row] = await lookUp<Row>(pool, { name: 'api-access-key', text: KEY, values: [accessKeyId] })
    if (row === undefined) return undefined
    const secret = secretBox.decrypt(row.secret_encrypted, [row.account_id, accessKeyId])
    if (secret === undefined) {
      const hint = 'None of the keys in ROOMLOG_ENCRYPTION_KEY decrypts the secret of an access key.'
      log.error({ event: 'api.accessKeyUnreadable', accessKeyId }, hint)
      return undefined
    }
    return {
      accountId: AccountId.parse(row.account_id),
      scopes: Scopes.parse(row.scopes),
      secretDigest: digestOf(secret),
    }
  }
}
