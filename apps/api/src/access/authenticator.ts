import { hash, timingSafeEqual } from 'node:crypto'
import {
  type AccessKeyScope,
  type AccountId,
  fail,
  ok,
  type Result,
  serviceUnavailable,
  unrecognizedClientException,
} from '@roomlog/domain'
import { createAbsences, forgetOldest } from '../absences.ts'
import type { Caller, LookedUp } from './caller.ts'

/** An access key that may be used now. */
export type UsableKey = {
  readonly accountId: AccountId
  readonly scopes: readonly AccessKeyScope[]
  readonly secretDigest: Buffer
}

export type Authenticator = {
  /**
   * Who the header `Authorization: Bearer <accessKeyId>.<secretAccessKey>` is. Answered at once where no look-up is needed,
   * so that the front door can tell an account from a stranger before it lets either wait for anything.
   */
  authenticate(authorization: string | undefined): Result<Caller> | LookedUp
  /** This process changed the key. */
  forget(accessKeyId: string): void
}

const BEARER = /^Bearer +([A-Za-z0-9_-]{1,128})\.(\S{1,512})$/i
/** Compared with where there is no key, so that the answer to an unknown key takes as long as that to a wrong secret. */
const NOBODY = digestOf('')
/** Nothing is said of the key: it may be a good one that is new to this process. */
const TOO_MANY_STRANGERS = fail(serviceUnavailable('Too many unknown access keys are being tried; try again'))

/**
 * Keys are read again after `freshMs`: a key revoked through another process works for that long there, and a new one
 * that was tried too early may be unknown for that long. A key in use is read again halfway, behind its requests, so that
 * these need not wait among the strangers whenever it goes stale.
 *
 * Anybody can make up key ids, so what is looked up for strangers is bounded. A key that is not there is remembered apart
 * from those that are, and a look-up for a key that was not good here before needs `mayLookUp`. A key that was good stays
 * in memory when it is stale: it is read again without asking strangers' leave, and no flood of others pushes it out.
 */
export function createAuthenticator(options: {
  readonly find: (accessKeyId: string) => Promise<UsableKey | undefined>
  /** Whether one more key that was not good here before may be looked up now. */
  readonly mayLookUp: () => boolean
  readonly nowMs: () => number
  readonly freshMs?: number | undefined
  readonly keysMax?: number | undefined
}): Authenticator {
  const { find, mayLookUp, nowMs, freshMs = 5_000, keysMax = 10_000 } = options
  const good = new Map<string, { readonly key: UsableKey; readonly staleAtMs: number }>()
  const absent = createAbsences<string>({ nowMs, forMs: freshMs })
  const asked = new Map<string, Promise<UsableKey | undefined>>()

  function lookUp(accessKeyId: string): Result<UsableKey | undefined> | Promise<UsableKey | undefined> {
    const item = good.get(accessKeyId)
    if (item !== undefined && nowMs() < item.staleAtMs) {
      if (nowMs() >= item.staleAtMs - freshMs / 2 && !asked.has(accessKeyId)) {
        // Where that fails the key is good until it is stale, and whoever asks then hears of it.
        ask(accessKeyId).catch(() => undefined)
      }
      return ok(item.key)
    }
    if (absent.has(accessKeyId)) return ok(undefined)
    const known = asked.get(accessKeyId)
    if (known !== undefined) return known
    if (item === undefined && !mayLookUp()) return TOO_MANY_STRANGERS
    return ask(accessKeyId)
  }

  function ask(accessKeyId: string): Promise<UsableKey | undefined> {
    // Whoever changed the key meanwhile has made us forget the question: its answer is of before.
    const isOurs = () => asked.get(accessKeyId) === asking
    const asking: Promise<UsableKey | undefined> = find(accessKeyId)
      .then((key) => {
        if (isOurs()) remember(accessKeyId, key)
        return key
      })
      .finally(() => {
        if (isOurs()) asked.delete(accessKeyId)
      })
    asked.set(accessKeyId, asking)
    return asking
  }

  function remember(accessKeyId: string, key: UsableKey | undefined): void {
    good.delete(accessKeyId)
    if (key === undefined) {
      absent.add(accessKeyId)
      return
    }
    if (good.size >= keysMax) forgetOldest(good)
    good.set(accessKeyId, { key, staleAtMs: nowMs() + freshMs })
  }

  return {
    authenticate(authorization) {
      const [, accessKeyId, secret] = BEARER.exec(authorization ?? '') ?? []
      if (accessKeyId === undefined || secret === undefined) {
        return fail(
          unrecognizedClientException('The header must be "Authorization: Bearer <accessKeyId>.<secretAccessKey>"'),
        )
      }
      const found = lookUp(accessKeyId)
      if (found instanceof Promise) {
        const before = callerOf(accessKeyId, good.get(accessKeyId)?.key, secret)
        const answer = found.then((key) => callerOf(accessKeyId, key, secret))
        return { answer, lastKnownAs: before.ok ? before.value.accountId : undefined }
      }
      return found.ok ? callerOf(accessKeyId, found.value, secret) : found
    },
    forget(accessKeyId) {
      good.delete(accessKeyId)
      absent.delete(accessKeyId)
      asked.delete(accessKeyId)
    },
  }
}

function callerOf(accessKeyId: string, key: UsableKey | undefined, secret: string): Result<Caller> {
  const same = timingSafeEqual(digestOf(secret), key?.secretDigest ?? NOBODY)
  if (key === undefined || !same) return fail(unrecognizedClientException())
  return ok({ kind: 'accessKey', by: 'bearer', accessKeyId, accountId: key.accountId, scopes: key.scopes })
}

/** What is compared and kept in memory in place of a secret. Secrets are long and random: one round is enough. */
export function digestOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}
