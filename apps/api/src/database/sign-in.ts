import type { Journal } from '@roomlog/journal'
import type { FastifyBaseLogger } from 'fastify'

const EVERY_MS = 2_000
/** One that died is counted for so long. */
const TTL_MS = 10_000

/**
 * Keeps this process in the journal's roll, so that nobody writes what it could not read, and it hears what all others read.
 * Resolves when it was tried once: a database that is away keeps nothing from starting.
 */
export async function startSigningIn(
  journal: Pick<Journal, 'signIn' | 'signOut'>,
  apiId: string,
  log: FastifyBaseLogger,
): Promise<{ stop(): Promise<void> }> {
  let isSignedIn = false
  let running: Promise<void> | undefined
  const signIn = async () => {
    try {
      await journal.signIn({ apiId, ttlMs: TTL_MS })
      isSignedIn = true
    } catch (err) {
      isSignedIn = false
      log.debug({ event: 'api.signInFailed', err }, 'The roll of the journal could not be signed; trying again.')
    }
  }
  // One that hangs is not joined by others.
  const signInAgain = () => {
    running ??= signIn().finally(() => {
      running = undefined
    })
  }
  await signIn()
  const timer = setInterval(signInAgain, EVERY_MS)
  return {
    async stop() {
      clearInterval(timer)
      await running
      if (isSignedIn) await journal.signOut(apiId).catch((err) => log.debug({ event: 'api.signOutFailed', err }))
    },
  }
}
