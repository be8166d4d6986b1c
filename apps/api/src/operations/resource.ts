import {
  fail,
  type LoggingConfigurationArn,
  type LoggingConfigurationId,
  ok,
  parseLoggingConfigurationArn,
  parseRoomArn,
  type ResourceType,
  type Result,
  type RoomArn,
  type RoomId,
  resourceNotFoundException,
} from '@roomlog/domain'

type Place = { readonly region: string; readonly accountId: string }

/** The room that an ARN names, if it can be one of this account here. Another account's is as good as missing. */
export function roomIdOf(place: Place, arn: RoomArn): Result<RoomId> {
  const parts = parseRoomArn(arn)
  return parts !== undefined && isHere(place, parts) ? ok(parts.roomId) : notFound('ROOM', arn)
}

/** As `roomIdOf`. */
export function loggingConfigurationIdOf(place: Place, arn: LoggingConfigurationArn): Result<LoggingConfigurationId> {
  const parts = parseLoggingConfigurationArn(arn)
  return parts !== undefined && isHere(place, parts)
    ? ok(parts.loggingConfigurationId)
    : notFound('LOGGING_CONFIGURATION', arn)
}

/** Names the id alone, which is what the caller knows already. */
export function notFound(resourceType: ResourceType, arnOrId: string) {
  const resourceId = arnOrId.slice(arnOrId.lastIndexOf('/') + 1)
  return fail(resourceNotFoundException({ resourceId, resourceType }))
}

function isHere(place: Place, parts: Place): boolean {
  return parts.accountId === place.accountId && parts.region === place.region
}
