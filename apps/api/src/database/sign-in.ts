import type { Journal } from '@roomlog/journal'
import type { FastifyBaseLogger } from 'fastify'

const EVERY_MS = 2_000
/** One that died is counted for so long. */
const TTL_MS = 10_000

/**
 * Keeps this process in the journal's roll, so that nobody writes what it could not read, and it hears what all others read.
 * Resolves when it was tried once: a database that is away keeps nothing from starting. Whoever stops is counted for 10 s
 * more, as if it had died: to sign out it would have to wait for a database that may hang.
 */
export async function startSigningIn(
  journal: Pick<Journal, 'signIn'>,
  apiId: string,
  log: FastifyBaseLogger,
): Promise<{ stop(): void }> {
  let isSigning = false
  const signIn = async () => {
    // One that hangs is not joined by others.
    if (isSigning) return
    isSigning = true
    try {
      await journal.signIn({ apiId, ttlMs: TTL_MS })
    } catch (err) {
      log.debug({ event: 'api.signInFailed', err }, 'The roll of the journal could not be signed; trying again.')
    } finally {
      isSigning = false
    }
  }
  await signIn()
  const timer = setInterval(() => void signIn(), EVERY_MS)
  return { stop: () => clearInterval(timer) }
}
