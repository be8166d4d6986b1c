import { CONTRACT, fail, ok, type RateName, type Result, throttlingException } from '@roomlog/domain'
import type { Context, Services } from '../context.ts'
import type { RoomEntry } from '../rooms/room-cache.ts'
import { refilledInMs, takeToken } from './rate-limiter.ts'

/** Takes one request out of the account's rate for an operation. */
export function throttle(services: Services, accountId: string, rate: Rate): Result<undefined> {
  const limit = { key: `${rate.name}:${accountId}`, perSecond: rateOf(services, rate) }
  if (services.limiter.take([limit]) === undefined) return ok(undefined)
  const { perSecond } = limit
  const retryAfterMs = refilledInMs(services.limiter.bucket(limit), perSecond)
  const refused = { resourceId: accountId, resourceType: 'ACCOUNT', limit: perSecond, retryAfterMs } as const
  return fail(throttlingException(refused, `More than ${perSecond} requests a second`))
}

type Rate = { readonly name: RateName; readonly perSecond: number }

/** The contract's, unless the deployment has set another. */
function rateOf(services: Services, rate: Rate): number {
  return services.rates[rate.name] ?? rate.perSecond
}

const MESSAGES = CONTRACT['chat.sendMessage'].rate

/** Takes messages out of a room's and the account's rate: one of both, or nothing of either. */
export type MessageThrottle = () => Result<undefined>

/** For the messages to a room in one turn. */
export function throttleMessages(ctx: Context, room: RoomEntry): MessageThrottle {
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
