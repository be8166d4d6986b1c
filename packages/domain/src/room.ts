import { z } from 'zod'
import { LoggingConfigurationArn, RoomArn } from './arn.ts'
import {
  LOGGING_CONFIGURATIONS_PER_ROOM_MAX,
  MESSAGE_LENGTH_DEFAULT,
  MESSAGE_LENGTH_MAX,
  MESSAGE_RATE_DEFAULT,
  REVIEW_HANDLER_URI_LENGTH_MAX,
} from './limits.ts'
import { LoggingConfigurationState } from './logging-configuration.ts'
import { Name } from './name.ts'
import { Nothing } from './nothing.ts'
import { operation } from './operation.ts'
import { nextToken, oneToken, paging } from './paging.ts'
import { QUOTAS } from './quotas.ts'
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
export const RoomSummary = z
  .object({
    arn: z.string(),
    id: z.string(),
    name: z.string(),
    createTime: z.iso.datetime(),
    updateTime: z.iso.datetime(),
    messageReviewHandler: z.object({ uri: z.string(), fallbackResult: z.enum(['ALLOW', 'DENY']) }).optional(),
    tags: Tags,
    loggingConfigurationIdentifiers: z.array(z.string()).readonly().optional(),
  })
  .readonly()
export type RoomSummary = z.infer<typeof RoomSummary>

/** A logging configuration that is not ACTIVE. */
export const NotLogging = z
  .object({
    loggingConfigurationArn: z.string(),
    state: LoggingConfigurationState,
    stateReason: z.string().optional(),
  })
  .readonly()
export type NotLogging = z.infer<typeof NotLogging>

export const Room = z
  .object({
    ...RoomSummary.unwrap().shape,
    maximumMessageRatePerSecond: z.int(),
    maximumMessageLength: z.int(),
    /** Those of its logging configurations that do not log what is said in the room; absent where all of them do. */
    notLogging: z.array(NotLogging).readonly().optional(),
  })
  .readonly()
export type Room = z.infer<typeof Room>

export const ListRoomsOutput = z.object({ rooms: z.array(RoomSummary).readonly(), nextToken }).readonly()
export type ListRoomsOutput = z.infer<typeof ListRoomsOutput>

const rate = <const N extends string>(name: N) =>
  ({ name, perSecond: QUOTAS.roomOperationsPerSecond, counts: 'calls' }) as const

const ARN = 'arn:aws:ivschat:us-east-1:123456789012:room/AbCdEf123456'
const EXAMPLE = {
  arn: ARN,
  id: 'AbCdEf123456',
  name: 'launch',
  createTime: '2026-12-01T10:00:00.000Z',
  updateTime: '2026-12-01T10:00:00.000Z',
  tags: {},
  maximumMessageRatePerSecond: 10,
  maximumMessageLength: 500,
}
const { maximumMessageRatePerSecond: _rate, maximumMessageLength: _length, ...SUMMARY } = EXAMPLE

export const roomOperations = {
  'room.create': operation({
    kind: 'mutation',
    scopes: ['admin'],
    rate: rate('CREATE_ROOM'),
    input: CreateRoomInput,
    output: Room,
    errors: ['ResourceNotFoundException', 'ServiceQuotaExceededException'],
    ivsName: 'CreateRoom',
    description: 'Makes a room. Its messages go to the logging configurations that it lists, in order of the list.',
    example: { input: { name: 'launch' }, output: EXAMPLE },
  }),
  'room.get': operation({
    kind: 'query',
    scopes: ['read', 'moderate'],
    rate: rate('GET_ROOM'),
    input: GetRoomInput,
    output: Room,
    errors: ['ResourceNotFoundException'],
    ivsName: 'GetRoom',
    description: 'One room.',
    example: { input: { identifier: ARN }, output: EXAMPLE },
  }),
  'room.list': operation({
    kind: 'query',
    scopes: ['read', 'moderate'],
    rate: rate('LIST_ROOMS'),
    input: ListRoomsInput,
    output: ListRoomsOutput,
    errors: ['ResourceNotFoundException'],
    ivsName: 'ListRooms',
    description: 'The rooms of the account, latest change first. Filters match exactly.',
    example: { input: { name: 'launch' }, output: { rooms: [SUMMARY] } },
  }),
  'room.update': operation({
    kind: 'mutation',
    scopes: ['admin'],
    rate: rate('UPDATE_ROOM'),
    input: UpdateRoomInput,
    output: Room,
    errors: ['ResourceNotFoundException'],
    ivsName: 'UpdateRoom',
    description:
      'Changes a room. What is left out stays; a list of logging configurations replaces the whole list, for every message that is acknowledged after the change.',
    example: { input: { identifier: ARN, maximumMessageLength: 500 }, output: EXAMPLE },
  }),
  'room.delete': operation({
    kind: 'mutation',
    scopes: ['admin'],
    rate: rate('DELETE_ROOM'),
    input: DeleteRoomInput,
    output: Nothing,
    errors: ['ResourceNotFoundException'],
    ivsName: 'DeleteRoom',
    description: 'Deletes a room. What was recorded of it is still delivered.',
    example: { input: { identifier: ARN }, output: {} },
  }),
}
