import { hash, timingSafeEqual } from 'node:crypto'
import {
  type AccessKeyScope,
  type AccountId,
  accessDeniedException,
  fail,
  grants,
  ok,
  type Result,
  unrecognizedClientException,
} from '@roomlog/domain'

/** An access key that may be used now. */
export type UsableKey = {
  readonly accountId: AccountId
  readonly scopes: readonly AccessKeyScope[]
  readonly secretDigest: Buffer
}

export type Principal = { readonly accountId: AccountId; readonly scopes: readonly AccessKeyScope[] }

export type Authenticator = {
  /** Who the header `Authorization: Bearer <accessKeyId>.<secretAccessKey>` is, if it may do what one of `scopes` may. */
  authenticate(authorization: string | undefined, scopes: readonly AccessKeyScope[]): Promise<Result<Principal>>
  /** This process changed the key. */
  forget(accessKeyId: string): void
}

const BEARER = /^Bearer +([A-Za-z0-9_-]{1,128})\.(\S{1,512})$/i
/** Compared with where there is no key, so that the answer to an unknown key takes as long as that to a wrong secret. */
const NOBODY = digestOf('')

/**
 * Keys are read again after `freshMs`: a key revoked through another process works for that long there, and a new one
 * that was tried too early may be unknown for that long.
 */
export function createAuthenticator(options: {
  readonly find: (accessKeyId: string) => Promise<UsableKey | undefined>
  readonly nowMs: () => number
  readonly freshMs?: number | undefined
  readonly keysMax?: number | undefined
}): Authenticator {
  const { find, nowMs, freshMs = 5_000, keysMax = 10_000 } = options
  const known = new Map<string, { readonly key: Promise<UsableKey | undefined>; readonly staleAtMs: number }>()

  function lookUp(accessKeyId: string): Promise<UsableKey | undefined> {
    const item = known.get(accessKeyId)
    if (item !== undefined && nowMs() < item.staleAtMs) return item.key
    known.delete(accessKeyId)
    if (known.size >= keysMax) forgetOldest(known)
    const key = find(accessKeyId)
    const found = { key, staleAtMs: nowMs() + freshMs }
    known.set(accessKeyId, found)
    // A failed look-up says nothing about the key.
    key.catch(() => {
      if (known.get(accessKeyId) === found) known.delete(accessKeyId)
    })
    return key
  }

  return {
    async authenticate(authorization, scopes) {
      const [, accessKeyId, secret] = BEARER.exec(authorization ?? '') ?? []
      if (accessKeyId === undefined || secret === undefined) {
        return fail(
          unrecognizedClientException('The header must be "Authorization: Bearer <accessKeyId>.<secretAccessKey>"'),
        )
      }
      const key = await lookUp(accessKeyId)
      const same = timingSafeEqual(digestOf(secret), key?.secretDigest ?? NOBODY)
      if (key === undefined || !same) return fail(unrecognizedClientException())
      if (!grants(key.scopes, scopes)) {
        return fail(accessDeniedException(`The access key does not have the scope ${scopes.join(' or ')}`))
      }
      return ok({ accountId: key.accountId, scopes: key.scopes })
    },
    forget(accessKeyId) {
      known.delete(accessKeyId)
    },
  }
}

/** What is compared and kept in memory in place of a secret. Secrets are long and random: one round is enough. */
export function digestOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}

function forgetOldest(known: Map<string, unknown>): void {
  for (const accessKeyId of known.keys()) {
    known.delete(accessKeyId)
    return
  }
}
