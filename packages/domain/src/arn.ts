import type { z } from 'zod'
import { AccountId, LoggingConfigurationId, RoomId } from './id.ts'
import { ARN_LENGTH_MAX } from './limits.ts'
import { StoredText } from './text.ts'

const ARN_PARTS = /^arn:aws:ivschat:([a-z0-9-]+):([0-9]+):(room|logging-configuration)\/([a-zA-Z0-9-]+)$/

const ROOM_ARN = /^arn:aws:ivschat:[a-z0-9-]+:[0-9]+:room\/[a-zA-Z0-9-]+$/

export const RoomArn = StoredText.max(ARN_LENGTH_MAX).regex(ROOM_ARN, 'Must be the ARN of a room').brand<'RoomArn'>()
export type RoomArn = z.infer<typeof RoomArn>

export const LoggingConfigurationArn = StoredText.max(ARN_LENGTH_MAX)
  .regex(
    /^arn:aws:ivschat:[a-z0-9-]+:[0-9]+:logging-configuration\/[a-zA-Z0-9-]+$/,
    'Must be the ARN of a logging configuration',
  )
  .brand<'LoggingConfigurationArn'>()
export type LoggingConfigurationArn = z.infer<typeof LoggingConfigurationArn>

/** ARN of anything that takes tags. */
export const ResourceArn = StoredText.max(ARN_LENGTH_MAX)
  .regex(ARN_PARTS, 'Must be the ARN of a room or of a logging configuration')
  .brand<'ResourceArn'>()
export type ResourceArn = z.infer<typeof ResourceArn>

/** As `RoomArn`, for paths that see every message. */
export function isRoomArn(value: unknown): value is RoomArn {
  return typeof value === 'string' && value.length <= ARN_LENGTH_MAX && ROOM_ARN.test(value)
}

export type RoomArnParts = { readonly region: string; readonly accountId: AccountId; readonly roomId: RoomId }
export type LoggingConfigurationArnParts = {
  readonly region: string
  readonly accountId: AccountId
  readonly loggingConfigurationId: LoggingConfigurationId
}
export type ResourceArnParts =
  | ({ readonly type: 'room' } & RoomArnParts)
  | ({ readonly type: 'logging-configuration' } & LoggingConfigurationArnParts)

export function roomArn({ region, accountId, roomId }: RoomArnParts): string {
  return `arn:aws:ivschat:${region}:${accountId}:room/${roomId}`
}

export function loggingConfigurationArn(parts: LoggingConfigurationArnParts): string {
  return `arn:aws:ivschat:${parts.region}:${parts.accountId}:logging-configuration/${parts.loggingConfigurationId}`
}

/** Undefined for what cannot be the ARN of an existing room, even if the pattern of the API lets it pass. */
export function parseRoomArn(arn: string): RoomArnParts | undefined {
  const parts = parseResourceArn(arn)
  if (parts?.type !== 'room') return undefined
  return { region: parts.region, accountId: parts.accountId, roomId: parts.roomId }
}

export function parseLoggingConfigurationArn(arn: string): LoggingConfigurationArnParts | undefined {
  const parts = parseResourceArn(arn)
  if (parts?.type !== 'logging-configuration') return undefined
  const { region, accountId, loggingConfigurationId } = parts
  return { region, accountId, loggingConfigurationId }
}

export function parseResourceArn(arn: string): ResourceArnParts | undefined {
  if (arn.length > ARN_LENGTH_MAX) return undefined
  const [, region, account, type, id] = ARN_PARTS.exec(arn) ?? []
  const accountId = AccountId.safeParse(account)
  if (region === undefined || !accountId.success) return undefined
  if (type === 'room') {
    const roomId = RoomId.safeParse(id)
    return roomId.success ? { type, region, accountId: accountId.data, roomId: roomId.data } : undefined
  }
  const loggingConfigurationId = LoggingConfigurationId.safeParse(id)
  if (!loggingConfigurationId.success) return undefined
  return {
    type: 'logging-configuration',
    region,
    accountId: accountId.data,
    loggingConfigurationId: loggingConfigurationId.data,
  }
}
