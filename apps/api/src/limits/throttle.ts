import { fail, ok, type Result, throttlingException } from '@roomlog/domain'
import type { Context, Services } from '../context.ts'
import type { RoomEntry } from '../rooms/room-cache.ts'
import type { RateName } from './rates.ts'

/** Takes one request out of the account's rate for an operation. */
export function throttle(services: Services, accountId: string, name: RateName): Result<undefined> {
  const limit = { key: `${name}:${accountId}`, perSecond: services.rates[name] }
  if (services.limiter.take([limit]) === undefined) return ok(undefined)
  const resource = { resourceId: accountId, resourceType: 'ACCOUNT', limit: limit.perSecond } as const
  return fail(throttlingException(resource, `More than ${limit.perSecond} requests a second`))
}

/** Takes one message out of the room's and the account's rate, or nothing of either. */
export function throttleMessage(ctx: Context, room: RoomEntry): Result<undefined> {
  const ofRoom = { key: `room:${room.roomId}`, perSecond: room.maximumMessageRatePerSecond }
  const ofAccount = { key: `SEND_MESSAGE:${room.accountId}`, perSecond: ctx.rates.SEND_MESSAGE }
  const refused = ctx.limiter.take([ofRoom, ofAccount])
  if (refused === undefined) return ok(undefined)
  const resource =
    refused === ofRoom
      ? ({ resourceId: room.roomId, resourceType: 'ROOM' } as const)
      : ({ resourceId: room.accountId, resourceType: 'ACCOUNT' } as const)
  const message = `More than ${refused.perSecond} messages a second`
  return fail(throttlingException({ ...resource, limit: refused.perSecond }, message))
}
