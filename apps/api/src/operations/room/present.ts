import {
  type LoggingConfigurationId,
  loggingConfigurationArn,
  type MessageReviewHandler,
  type Room,
  type RoomSummary,
  roomArn,
} from '@roomlog/domain'
import type { RoomRow } from '../../store/rooms.ts'

export function presentRoom(region: string, row: RoomRow): Room {
  const notLogging = row.loggingConfigurations.flatMap((listed) => {
    const { state, stateReason } = listed.loggingConfiguration
    if (state === 'ACTIVE') return []
    return {
      loggingConfigurationArn: arnOf(region, row, listed.loggingConfigurationId),
      state,
      ...(stateReason === null ? {} : { stateReason }),
    }
  })
  return {
    ...presentRoomSummary(region, row),
    maximumMessageRatePerSecond: row.maximumMessageRatePerSecond,
    maximumMessageLength: row.maximumMessageLength,
    ...(notLogging.length === 0 ? {} : { notLogging }),
  }
}

/** Members that were never set are left out, as IVS does. */
export function presentRoomSummary(region: string, row: RoomRow): RoomSummary {
  const messageReviewHandler = reviewHandlerOf(row)
  const loggingConfigurationIdentifiers = row.loggingConfigurations.map((listed) =>
    arnOf(region, row, listed.loggingConfigurationId),
  )
  return {
    arn: roomArn({ region, accountId: row.accountId, roomId: row.id }),
    id: row.id,
    name: row.name,
    createTime: row.createdAt.toISOString(),
    updateTime: row.updatedAt.toISOString(),
    tags: row.tags,
    ...(messageReviewHandler === undefined ? {} : { messageReviewHandler }),
    ...(loggingConfigurationIdentifiers.length === 0 ? {} : { loggingConfigurationIdentifiers }),
  }
}

function arnOf(region: string, { accountId }: RoomRow, loggingConfigurationId: LoggingConfigurationId): string {
  return loggingConfigurationArn({ region, accountId, loggingConfigurationId })
}

/** A handler that was taken off has the empty uri. */
function reviewHandlerOf(row: RoomRow): MessageReviewHandler | undefined {
  if (row.reviewHandlerUri === null) return undefined
  return { uri: row.reviewHandlerUri, fallbackResult: row.reviewHandlerFallbackResult ?? 'ALLOW' }
}
