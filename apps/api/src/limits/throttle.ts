import { CONTRACT, fail, ok, type RateName, type Result, type RoomlogError, throttlingException } from '@roomlog/domain'
import type { Needs, Services } from '../context.ts'
import type { RoomEntry } from '../rooms/room-cache.ts'
import { refilledInMs, takeToken } from './rate-limiter.ts'

/** Counting calls needs these services. */
export type Counting = Needs<'limiter' | 'rates'>

/** Takes one request out of the account's rate for an operation. */
export function throttle(
  services: Pick<Services, 'limiter' | 'rates'>,
  accountId: string,
  rate: Rate,
): Result<undefined> {
  const limit = { key: `${rate.name}:${accountId}`, perSecond: rateOf(services, rate) }
  if (services.limiter.take([limit]) === undefined) return ok(undefined)
  const { perSecond } = limit
  const retryAfterMs = refilledInMs(services.limiter.bucket(limit), perSecond)
  const refused = { resourceId: accountId, resourceType: 'ACCOUNT', limit: perSecond, retryAfterMs } as const
  return fail(throttlingException(refused, `More than ${perSecond} requests a second`))
}

type Rate = { readonly name: RateName; readonly perSecond: number }

/** The contract's, unless the deployment has set another. */
function rateOf({ rates }: Pick<Services, 'rates'>, rate: Rate): number {
  return rates[rate.name] ?? rate.perSecond
}

const MESSAGES = CONTRACT['chat.sendMessage'].rate

/**
 * What to tell the caller of a send that is refused. It counts against the account's rate as one that is taken, because
 * it costs as much to decide on; once the rate is used up, that is what the caller hears instead.
 */
export function refusedSend(ctx: Counting, error: RoomlogError): RoomlogError {
  if (error.name === 'ThrottlingException') return error
  const throttled = throttle(ctx, ctx.accountId, MESSAGES)
  return throttled.ok ? error : throttled.error
}

/**
 * Before the look-up of a room that this process does not know. An account that behaves needs fewer of them than it sends
 * messages; one that makes up room ids gets no more than that.
 */
export function throttleLookUp(ctx: Counting): Result<undefined> {
  const { limiter, accountId } = ctx
  const limit = { key: `ROOM_LOOK_UP:${accountId}`, perSecond: rateOf(ctx, MESSAGES) }
  if (limiter.take([limit]) === undefined) return TAKEN
  const { perSecond } = limit
  const retryAfterMs = refilledInMs(limiter.bucket(limit), perSecond)
  const refused = { resourceId: accountId, resourceType: 'ACCOUNT', limit: perSecond, retryAfterMs } as const
  return fail(throttlingException(refused, `More than ${perSecond} rooms a second that are not known here`))
}

/** Takes messages out of a room's and the account's rate: one of both, or nothing of either. */
export type MessageThrottle = () => Result<undefined>

/** For the messages to a room in one turn. */
export function throttleMessages(ctx: Counting, room: RoomEntry): MessageThrottle {
  const { maximumMessageRatePerSecond, roomId, accountId } = room
  const ofRoom = ctx.limiter.bucket({ key: `room:${roomId}`, perSecond: maximumMessageRatePerSecond })
  const accountRate = rateOf(ctx, MESSAGES)
  const ofAccount = ctx.limiter.bucket({ key: `${MESSAGES.name}:${accountId}`, perSecond: accountRate })
  const buckets = [ofRoom, ofAccount]
  return () => {
    const empty = takeToken(buckets)
    if (empty === undefined) return TAKEN
    const resource =
      empty === ofRoom
        ? ({ resourceId: roomId, resourceType: 'ROOM', limit: maximumMessageRatePerSecond } as const)
        : ({ resourceId: accountId, resourceType: 'ACCOUNT', limit: accountRate } as const)
    const retryAfterMs = refilledInMs(empty, resource.limit)
    return fail(throttlingException({ ...resource, retryAfterMs }, `More than ${resource.limit} messages a second`))
  }
}

const TAKEN = ok(undefined)
