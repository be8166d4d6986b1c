import type { SecretBox } from '@roomlog/db'
import type { AccountId } from '@roomlog/domain'
import type { Transact } from '../database/transact.ts'

export type RootKey = { readonly accessKeyId: string; readonly secretAccessKey: string }

/** The key's id belongs to another account of the same database. */
export class RootKeyTakenError extends Error {
  constructor(accessKeyId: string) {
    super(`ROOMLOG_ROOT_ACCESS_KEY_ID: the key ${accessKeyId} belongs to another account`)
    this.name = 'RootKeyTakenError'
  }
}

/**
 * Makes sure that the account is there and its first key works as configured: a changed secret is taken over, a revoked
 * key works again. Several processes may do so at once.
 */
export async function ensureAccount(
  transact: Transact,
  secretBox: SecretBox,
  accountId: AccountId,
  rootKey: RootKey | undefined,
): Promise<void> {
  await transact(async (tx) => {
    await tx.$executeRaw`insert into account (id) values (${accountId}) on conflict do nothing`
    if (rootKey === undefined) return
    const { accessKeyId: id, secretAccessKey } = rootKey
    const key = {
      scopes: ['admin', 'chat'],
      secretEncrypted: secretBox.encrypt(secretAccessKey, [accountId, id]),
      revokedAt: null,
    }
    await tx.$executeRaw`
      insert into access_key (id, account_id, secret_encrypted, scopes)
      values (${id}, ${accountId}, ${key.secretEncrypted}, ${key.scopes}) on conflict do nothing`
    const [row] = await tx.$queryRaw<{ account_id: string; secret_encrypted: string; revoked_at: Date | null }[]>`
      select account_id, secret_encrypted, revoked_at from access_key where id = ${id} for update`
    if (row?.account_id !== accountId) throw new RootKeyTakenError(id)
    const same = secretBox.decrypt(row.secret_encrypted, [accountId, id]) === secretAccessKey && row.revoked_at === null
    if (!same) await tx.accessKey.update({ where: { id }, data: key, select: { id: true } })
  })
}
