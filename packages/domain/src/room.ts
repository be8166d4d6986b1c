import { z } from 'zod'
import { LoggingConfigurationArn, RoomArn } from './arn.ts'
import {
  LOGGING_CONFIGURATIONS_PER_ROOM_MAX,
  MESSAGE_LENGTH_DEFAULT,
  MESSAGE_LENGTH_MAX,
  MESSAGE_RATE_DEFAULT,
  REVIEW_HANDLER_URI_LENGTH_MAX,
} from './limits.ts'
import type { LoggingConfigurationState } from './logging-configuration.ts'
import { Name } from './name.ts'
import { oneToken, paging } from './paging.ts'
import { Tags } from './string-map.ts'
import { StoredText } from './text.ts'

const reviewHandlerUri = StoredText.max(REVIEW_HANDLER_URI_LENGTH_MAX).regex(
  /^$|^arn:aws:lambda:[a-z0-9-]+:[0-9]{12}:function:.+$/,
  'Must be empty or the ARN of a Lambda function',
)

/** Who reviews a room's messages; an empty `uri` in an update takes the handler off. */
export const MessageReviewHandler = z.object({
  uri: reviewHandlerUri.optional(),
  fallbackResult: z.enum(['ALLOW', 'DENY']).optional(),
})
export type MessageReviewHandler = { readonly uri: string; readonly fallbackResult: 'ALLOW' | 'DENY' }

const loggingConfigurationIdentifiers = z
  .array(LoggingConfigurationArn)
  .max(LOGGING_CONFIGURATIONS_PER_ROOM_MAX)
  .refine((arns) => new Set(arns).size === arns.length, { error: 'Must not name a logging configuration twice' })

// No upper end: each deployment sets its own ceiling, which the api checks.
const maximumMessageRatePerSecond = z.int().min(1)
const maximumMessageLength = z.int().min(1).max(MESSAGE_LENGTH_MAX)

export const CreateRoomInput = z
  .object({
    name: Name.default(''),
    maximumMessageRatePerSecond: maximumMessageRatePerSecond.default(MESSAGE_RATE_DEFAULT),
    maximumMessageLength: maximumMessageLength.default(MESSAGE_LENGTH_DEFAULT),
    messageReviewHandler: MessageReviewHandler.optional(),
    tags: Tags.default({}),
    loggingConfigurationIdentifiers: loggingConfigurationIdentifiers.optional(),
  })
  .prefault({})
export type CreateRoomInput = z.infer<typeof CreateRoomInput>

/** What is left out stays as it is; `loggingConfigurationIdentifiers` replaces the whole list. */
export const UpdateRoomInput = z.object({
  identifier: RoomArn,
  name: Name.optional(),
  maximumMessageRatePerSecond: maximumMessageRatePerSecond.optional(),
  maximumMessageLength: maximumMessageLength.optional(),
  messageReviewHandler: MessageReviewHandler.optional(),
  loggingConfigurationIdentifiers: loggingConfigurationIdentifiers.optional(),
})
export type UpdateRoomInput = z.infer<typeof UpdateRoomInput>

export const GetRoomInput = z.object({ identifier: RoomArn })
export type GetRoomInput = z.infer<typeof GetRoomInput>

export const DeleteRoomInput = z.object({ identifier: RoomArn })
export type DeleteRoomInput = z.infer<typeof DeleteRoomInput>

/** Filters match exactly; rooms come by `updateTime`, latest first. */
export const ListRoomsInput = z
  .object({
    ...paging,
    name: Name.optional(),
    messageReviewHandlerUri: reviewHandlerUri.optional(),
    loggingConfigurationIdentifier: LoggingConfigurationArn.optional(),
  })
  .prefault({})
  .transform(oneToken)
export type ListRoomsInput = z.infer<typeof ListRoomsInput>

/** A room as lists show it. Times are ISO strings. */
export type RoomSummary = {
  readonly arn: string
  readonly id: string
  readonly name: string
  readonly createTime: string
  readonly updateTime: string
  readonly messageReviewHandler?: MessageReviewHandler | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly loggingConfigurationIdentifiers?: readonly string[] | undefined
}

export type Room = RoomSummary & {
  readonly maximumMessageRatePerSecond: number
  readonly maximumMessageLength: number
  /** Those of its logging configurations that do not log what is said in the room; absent where all of them do. */
  readonly notLogging?: readonly NotLogging[] | undefined
}

/** A logging configuration that is not ACTIVE. */
export type NotLogging = {
  readonly loggingConfigurationArn: string
  readonly state: LoggingConfigurationState
  readonly stateReason?: string | undefined
}

export type ListRoomsOutput = { readonly rooms: readonly RoomSummary[]; readonly nextToken?: string | undefined }
