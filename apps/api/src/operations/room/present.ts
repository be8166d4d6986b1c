import type { Prisma } from '@roomlog/db'
import {
  AccountId,
  LoggingConfigurationId,
  LoggingConfigurationState,
  loggingConfigurationArn,
  type MessageReviewHandler,
  type Room,
  RoomId,
  type RoomSummary,
  roomArn,
  Tags,
} from '@roomlog/domain'

/** What is read of a room to show it. */
export const roomSelect = {
  id: true,
  accountId: true,
  name: true,
  maximumMessageRatePerSecond: true,
  maximumMessageLength: true,
  reviewHandlerUri: true,
  reviewHandlerFallbackResult: true,
  tags: true,
  createdAt: true,
  updatedAt: true,
  loggingConfigurations: {
    select: { loggingConfigurationId: true, loggingConfiguration: { select: { state: true, stateReason: true } } },
    orderBy: { ordinal: 'asc' },
  },
} as const satisfies Prisma.RoomSelect

export type RoomRow = Prisma.RoomGetPayload<{ select: typeof roomSelect }>

export function presentRoom(region: string, row: RoomRow): Room {
  const notLogging = row.loggingConfigurations.flatMap((listed) => {
    const { state, stateReason } = listed.loggingConfiguration
    if (state === 'ACTIVE') return []
    return {
      loggingConfigurationArn: arnOf(region, row, listed.loggingConfigurationId),
      state: LoggingConfigurationState.parse(state),
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
  const accountId = AccountId.parse(row.accountId)
  const roomId = RoomId.parse(row.id)
  const messageReviewHandler = reviewHandlerOf(row)
  const loggingConfigurationIdentifiers = row.loggingConfigurations.map((listed) =>
    arnOf(region, row, listed.loggingConfigurationId),
  )
  return {
    arn: roomArn({ region, accountId, roomId }),
    id: roomId,
    name: row.name,
    createTime: row.createdAt.toISOString(),
    updateTime: row.updatedAt.toISOString(),
    tags: Tags.parse(row.tags),
    ...(messageReviewHandler === undefined ? {} : { messageReviewHandler }),
    ...(loggingConfigurationIdentifiers.length === 0 ? {} : { loggingConfigurationIdentifiers }),
  }
}

function arnOf(region: string, row: RoomRow, id: string): string {
  const accountId = AccountId.parse(row.accountId)
  return loggingConfigurationArn({ region, accountId, loggingConfigurationId: LoggingConfigurationId.parse(id) })
}

/** A handler that was taken off has the empty uri. */
function reviewHandlerOf(row: RoomRow): MessageReviewHandler | undefined {
  if (row.reviewHandlerUri === null) return undefined
  const fallbackResult = row.reviewHandlerFallbackResult === 'DENY' ? 'DENY' : 'ALLOW'
  return { uri: row.reviewHandlerUri, fallbackResult }
}
