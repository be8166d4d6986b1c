import { fail, internalServerException, type Result, serviceUnavailable } from '@roomlog/domain'
import type { FastifyBaseLogger } from 'fastify'
import { isDatabaseAway } from '../database/availability.ts'
import { LineTooLongError } from '../database/waiting-line.ts'

/** Runs an operation so that nothing is thrown at the front door and nothing of our insides is told. */
export async function perform<T>(log: FastifyBaseLogger, work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof LineTooLongError) {
      return fail(serviceUnavailable('Too many changes wait for their turn; nothing was changed, try again'))
    }
    if (isDatabaseAway(error)) {
      log.warn({ event: 'api.databaseAway', reason: reasonOf(error) }, 'The database cannot be used.')
      return fail(serviceUnavailable('The database cannot be used now; try again'))
    }
    log.error({ event: 'api.error', err: error }, 'An operation failed unexpectedly.')
    return fail(internalServerException())
  }
}

// Not the stack: an outage would fill the log with it.
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 300) : String(error)
}
