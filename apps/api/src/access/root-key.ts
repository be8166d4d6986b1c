import type { SecretBox } from '@roomlog/db'
import type { AccessKeyScope, AccountId } from '@roomlog/domain'
import type { Store } from '../store/store.ts'

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
 * key works again, and one that an earlier release made gets the scopes that it lacks. Several processes may do so at once.
 */
export async function ensureAccount(
  store: Store,
  secretBox: SecretBox,
  accountId: AccountId,
  rootKey: RootKey | undefined,
): Promise<void> {
  await store.transact(async (tx) => {
    await tx.accounts.ensure(accountId)
    if (rootKey === undefined) return
    const { accessKeyId: id, secretAccessKey } = rootKey
    const owner = [accountId, id]
    const key = { id, accountId, scopes: [...SCOPES], secretEncrypted: secretBox.encrypt(secretAccessKey, owner) }
    const found = await tx.accessKeys.ensure(key)
    if (found.accountId !== accountId) throw new RootKeyTakenError(id)
    const hasSecret = secretBox.decrypt(found.secretEncrypted, owner) === secretAccessKey
    const hasScopes = SCOPES.every((scope) => found.scopes.includes(scope))
    if (hasSecret && hasScopes && found.revokedAt === null) return
    // A secret that is right stays as it is written: an earlier release beside this one may not read it anew.
    await tx.accessKeys.renew(hasSecret ? { ...key, secretEncrypted: found.secretEncrypted } : key)
  })
}

/** No other key is given `operator` but by this one. */
const SCOPES: readonly AccessKeyScope[] = ['admin', 'chat', 'operator']
