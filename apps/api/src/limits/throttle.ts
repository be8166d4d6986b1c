import { fail, ok, type Result, throttlingException } from '@roomlog/domain'
import type { Context, Services } from '../context.ts'
import type { RoomEntry } from '../rooms/room-cache.ts'
import { refilledInMs, takeToken } from './rate-limiter.ts'
import type { RateName } from './rates.ts'

/** Takes one request out of the account's rate for an operation. */
export function throttle(services: Services, accountId: string, name: RateName): Result<undefined> {
  const limit = { key: `${name}:${accountId}`, perSecond: services.rates[name] }
  if (services.limiter.take([limit]) === undefined) return ok(undefined)
  const { perSecond } = limit
  const retryAfterMs = refilledInMs(services.limiter.bucket(limit), perSecond)
  const refused = { resourceId: accountId, resourceType: 'ACCOUNT', limit: perSecond, retryAfterMs } as const
  return fail(throttlingException(refused, `More than ${perSecond} requests a second`))
}

/** Takes messages out of a room's and the account's rate: one of both, or nothing of either. */
export type MessageThrottle = () => Result<undefined>

/** For the messages to a room in one turn. */
export function throttleMessages(ctx: Context, room: RoomEntry): MessageThrottle {
  const { maximumMessageRatePerSecond, roomId, accountId } = room
  const ofRoom = ctx.limiter.bucket({ key: `room:${roomId}`, perSecond: maximumMessageRatePerSecond })
  const ofAccount = ctx.limiter.bucket({ key: `SEND_MESSAGE:${accountId}`, perSecond: ctx.rates.SEND_MESSAGE })
  const buckets = [ofRoom, ofAccount]
  return () => {
    const empty = takeToken(buckets)
    if (empty === undefined) return TAKEN
    const resource =
      empty === ofRoom
        ? ({ resourceId: roomId, resourceType: 'ROOM', limit: maximumMessageRatePerSecond } as const)
        : ({ resourceId: accountId, resourceType: 'ACCOUNT', limit: ctx.rates.SEND_MESSAGE } as const)
    const retryAfterMs = refilledInMs(empty, resource.limit)
    return fail(throttlingException({ ...resource, retryAfterMs }, `More than ${resource.limit} messages a second`))
  }
}

const TAKEN = ok(undefined)
