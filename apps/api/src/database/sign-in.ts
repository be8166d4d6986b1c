import type { Journal } from '@roomlog/journal'
import type { FastifyBaseLogger } from 'fastify'

const EVERY_MS = 2_000
/** One that died is counted for so long. */
const TTL_MS = 10_000

export type SigningIn = {
  /** Resolves when it was tried once: a database that is away keeps nothing from starting. */
  start(): Promise<void>
  /** Whether every api in the roll records keys, as far as this one has heard: of a new one it hears within 2 s. */
  allKnowKeys(): boolean
  stop(): void
}

/**
 * Keeps this process in the journal's roll, so that nobody writes what it could not read, and it hears what all others read.
 * Whoever stops is counted for 10 s more, as if it had died: to sign out it would have to wait for a database that may hang.
 */
export function createSigningIn(journal: Pick<Journal, 'signIn'>, apiId: string, log: FastifyBaseLogger): SigningIn {
  let isSigning = false
  let allKnowKeys = false
  let timer: NodeJS.Timeout | undefined
  const signIn = async () => {
    // One that hangs is not joined by others.
    if (isSigning) return
    isSigning = true
    try {
      allKnowKeys = (await journal.signIn({ apiId, ttlMs: TTL_MS })).allKnowKeys
    } catch (err) {
      log.debug({ event: 'api.signInFailed', err }, 'The roll of the journal could not be signed; trying again.')
    } finally {
      isSigning = false
    }
  }
  return {
    async start() {
      await signIn()
      timer = setInterval(() => void signIn(), EVERY_MS)
    },
    allKnowKeys: () => allKnowKeys,
    stop: () => clearInterval(timer),
  }
}
