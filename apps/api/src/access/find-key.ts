import type { PrismaClient, SecretBox } from '@roomlog/db'
import { AccessKeyScope, AccountId } from '@roomlog/domain'
import type { FastifyBaseLogger } from 'fastify'
import { z } from 'zod'
import { digestOf, type UsableKey } from './authenticator.ts'

const Scopes = z.array(AccessKeyScope)

/** Reads a key that may be used: there, not revoked, and readable with an encryption key that we have. */
export function createKeyFinder(db: PrismaClient, secretBox: SecretBox, log: FastifyBaseLogger) {
  return async (accessKeyId: string): Promise<UsableKey | undefined> => {
    const row = await db.accessKey.findUnique({
      where: { id: accessKeyId },
      select: { accountId: true, scopes: true, secretEncrypted: true, revokedAt: true },
    })
    if (row === null || row.revokedAt !== null) return undefined
    const secret = secretBox.decrypt(row.secretEncrypted)
    if (secret === undefined) {
      const hint = 'None of the keys in ROOMLOG_ENCRYPTION_KEY decrypts the secret of an access key.'
      log.error({ event: 'api.accessKeyUnreadable', accessKeyId }, hint)
      return undefined
    }
    return {
      accountId: AccountId.parse(row.accountId),
      scopes: Scopes.parse(row.scopes),
      secretDigest: digestOf(secret),
    }
  }
}
