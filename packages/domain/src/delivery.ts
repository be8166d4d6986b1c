import { z } from 'zod'
import { LoggingConfigurationArn } from './arn.ts'
import { DestinationConfigured } from './destination.ts'
import { MessageId } from './id.ts'
import { DEAD_LETTER_IDS_MAX } from './limits.ts'
import { LoggingConfigurationState } from './logging-configuration.ts'
import { Nothing } from './nothing.ts'
import { operation } from './operation.ts'
import { nextToken, oneToken, paging } from './paging.ts'
import { StoredText } from './text.ts'

export const DeliveryStatusInput = z.object({}).prefault({})
export type DeliveryStatusInput = z.infer<typeof DeliveryStatusInput>

/**
 * `idle`: nothing to deliver; `held`: a person must act (no access, no such destination); `no-writer`: there is something
 * to deliver, and no writer is alive that would.
 */
export const DeliveryState = z.enum(['idle', 'flowing', 'retrying', 'held', 'no-writer'])
export type DeliveryState = z.infer<typeof DeliveryState>

/** Since the configuration was made. The last three are IVS's metrics; the first of them counts every failure. */
export const DeliveryCounters = z
  .object({
    delivered: z.int(),
    repeatsPossible: z.int(),
    deadLetters: z.int(),
    givenUp: z.int(),
    LogDestinationErrors: z.int(),
    LogDestinationAccessDeniedError: z.int(),
    LogDestinationResourceNotFoundErrors: z.int(),
  })
  .readonly()
export type DeliveryCounters = z.infer<typeof DeliveryCounters>

/** How delivery to one logging configuration stands. Times are ISO strings. */
export const DeliveryStatus = z
  .object({
    loggingConfigurationArn: z.string(),
    destinationConfiguration: DestinationConfigured,
    /** Of the configuration itself: rooms log to it only while it is ACTIVE. What was logged before is delivered all the same. */
    configurationState: LoggingConfigurationState,
    /** Why that is a failed one. */
    configurationStateReason: z.string().optional(),
    state: DeliveryState,
    backlogRecords: z.int(),
    /** Age of the oldest record that is not delivered; 0 if there is none. */
    lagSeconds: z.number(),
    lastDeliveredTime: z.iso.datetime().optional(),
    lastError: z.string().optional(),
    nextProbeTime: z.iso.datetime().optional(),
    counters: DeliveryCounters,
  })
  .readonly()
export type DeliveryStatus = z.infer<typeof DeliveryStatus>

/** `writers` are those alive, of the whole deployment. With none, nothing is delivered to anybody. */
export const DeliveryStatusOutput = z
  .object({ loggingConfigurations: z.array(DeliveryStatus).readonly(), writers: z.int() })
  .readonly()
export type DeliveryStatusOutput = z.infer<typeof DeliveryStatusOutput>

export const ListDeadLettersInput = z
  .object({ ...paging, loggingConfigurationIdentifier: LoggingConfigurationArn.optional() })
  .prefault({})
  .transform(oneToken)
export type ListDeadLettersInput = z.infer<typeof ListDeadLettersInput>

/** A record that its destination refused for good, kept until it is sent again or discarded. */
export const DeadLetter = z
  .object({
    id: z.string(),
    /** Also of a configuration that is gone. */
    loggingConfigurationArn: z.string(),
    /** What refused it. */
    destinationConfiguration: DestinationConfigured,
    roomArn: z.string(),
    /** Its `payload.Id`. */
    messageId: z.string(),
    reason: z.string(),
    /** The record's line of JSON, as it would be in the log. */
    record: z.string(),
    /** When it was refused. */
    createTime: z.iso.datetime(),
  })
  .readonly()
export type DeadLetter = z.infer<typeof DeadLetter>

/** Oldest first. */
export const ListDeadLettersOutput = z.object({ deadLetters: z.array(DeadLetter).readonly(), nextToken }).readonly()
export type ListDeadLettersOutput = z.infer<typeof ListDeadLettersOutput>

const deadLetterIds = z
  .array(StoredText.regex(/^[1-9][0-9]{0,17}$/, 'Must be the id of a dead letter'))
  .min(1)
  .max(DEAD_LETTER_IDS_MAX)
  .optional()

/** Without ids: any, the oldest first. */
export const RedriveDeadLettersInput = z.object({
  loggingConfigurationIdentifier: LoggingConfigurationArn,
  deadLetterIds,
})
export type RedriveDeadLettersInput = z.infer<typeof RedriveDeadLettersInput>

/** `redriven` by this call; `remaining` of the logging configuration. */
export const RedriveDeadLettersOutput = z.object({ redriven: z.int(), remaining: z.int() }).readonly()
export type RedriveDeadLettersOutput = z.infer<typeof RedriveDeadLettersOutput>

/** A message that its destination refuses, and that `delivery.status` names as what a configuration is held for. */
export const SetAsideInput = z.object({
  loggingConfigurationIdentifier: LoggingConfigurationArn,
  messageId: MessageId,
})
export type SetAsideInput = z.infer<typeof SetAsideInput>

/** The configuration may be gone already. Without ids: any, the oldest first. */
export const DiscardDeadLettersInput = z.object({
  loggingConfigurationIdentifier: LoggingConfigurationArn,
  deadLetterIds,
})
export type DiscardDeadLettersInput = z.infer<typeof DiscardDeadLettersInput>

/** `discarded` by this call; `remaining` of the logging configuration. */
export const DiscardDeadLettersOutput = z.object({ discarded: z.int(), remaining: z.int() }).readonly()
export type DiscardDeadLettersOutput = z.infer<typeof DiscardDeadLettersOutput>

const rate = <const N extends string>(name: N, perSecond: number) => ({ name, perSecond, counts: 'calls' }) as const

const CONFIGURATION = 'arn:aws:ivschat:us-east-1:123456789012:logging-configuration/GhIjKl789012'
const DESTINATION = { s3: { bucketName: 'my-chat-archive' } }

export const deliveryOperations = {
  'delivery.status': operation({
    kind: 'query',
    scopes: ['read', 'moderate'],
    rate: rate('DELIVERY_STATUS', 10),
    input: DeliveryStatusInput,
    output: DeliveryStatusOutput,
    errors: [],
    description: 'How delivery to each logging configuration of the account stands.',
    example: {
      input: {},
      output: {
        loggingConfigurations: [
          {
            loggingConfigurationArn: CONFIGURATION,
            destinationConfiguration: DESTINATION,
            configurationState: 'ACTIVE',
            state: 'flowing',
            backlogRecords: 12,
            lagSeconds: 0.4,
            lastDeliveredTime: '2026-12-01T10:00:00.000Z',
            counters: {
              delivered: 12_000,
              repeatsPossible: 0,
              deadLetters: 0,
              givenUp: 0,
              LogDestinationErrors: 0,
              LogDestinationAccessDeniedError: 0,
              LogDestinationResourceNotFoundErrors: 0,
            },
          },
        ],
        writers: 2,
      },
    },
  }),
  'delivery.deadLetters': operation({
    kind: 'query',
    scopes: ['admin'],
    rate: rate('LIST_DEAD_LETTERS', 10),
    input: ListDeadLettersInput,
    output: ListDeadLettersOutput,
    errors: ['ResourceNotFoundException'],
    description: 'Records that a destination refused for good, oldest first, with the reason and the record itself.',
    example: {
      input: { loggingConfigurationIdentifier: CONFIGURATION },
      output: {
        deadLetters: [
          {
            id: '1',
            loggingConfigurationArn: CONFIGURATION,
            destinationConfiguration: DESTINATION,
            roomArn: 'arn:aws:ivschat:us-east-1:123456789012:room/AbCdEf123456',
            messageId: 'MnOpQr345678',
            reason: 'InvalidArgument: the record is too large',
            record: '{"event_timestamp":"2026-12-01T10:00:00.123Z",…}',
            createTime: '2026-12-01T10:00:01.000Z',
          },
        ],
      },
    },
  }),
  'delivery.redrive': operation({
    kind: 'mutation',
    scopes: ['admin'],
    rate: rate('REDRIVE_DEAD_LETTERS', 5),
    input: RedriveDeadLettersInput,
    output: RedriveDeadLettersOutput,
    errors: ['ResourceNotFoundException', 'ConflictException'],
    description:
      'Sends dead letters again, to where their logging configuration points now. A letter is sent again once, whoever else asks.',
    example: { input: { loggingConfigurationIdentifier: CONFIGURATION }, output: { redriven: 3, remaining: 0 } },
  }),
  'delivery.setAside': operation({
    kind: 'mutation',
    scopes: ['admin'],
    rate: rate('SET_ASIDE', 5),
    input: SetAsideInput,
    output: Nothing,
    errors: ['ResourceNotFoundException'],
    description:
      'Lets a destination that is held for one message go on without it. Only the message that `delivery.status` names is taken; the writer makes it a dead letter at its next probe, if that is refused.',
    example: { input: { loggingConfigurationIdentifier: CONFIGURATION, messageId: 'MnOpQr345678' }, output: {} },
  }),
  'delivery.discardDeadLetters': operation({
    kind: 'mutation',
    scopes: ['admin'],
    rate: rate('DISCARD_DEAD_LETTERS', 5),
    input: DiscardDeadLettersInput,
    output: DiscardDeadLettersOutput,
    errors: ['ResourceNotFoundException'],
    description: 'Deletes dead letters for ever. The logging configuration may be gone already.',
    example: {
      input: { loggingConfigurationIdentifier: CONFIGURATION, deadLetterIds: ['1'] },
      output: { discarded: 1, remaining: 0 },
    },
  }),
}
