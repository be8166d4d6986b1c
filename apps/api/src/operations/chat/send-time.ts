import { fail, ok, type Result, serviceUnavailable } from '@roomlog/domain'
import type { Services } from '../../context.ts'

/**
 * SendTime of a record, or the first of `count` in a row (default 1). While nobody can say what time it is nothing is
 * recorded: a wrong time would name the wrong object for good, and a destination may refuse it.
 */
export function nextSendTimeNs({ clock }: Pick<Services, 'clock'>, count?: number): Result<bigint> {
  const ns = clock.nextNs(count)
  return ns === undefined ? fail(serviceUnavailable(NO_TIME)) : ok(ns)
}

const NO_TIME = 'The clocks disagree, so that nobody can say what time it is; nothing was recorded, try again'
