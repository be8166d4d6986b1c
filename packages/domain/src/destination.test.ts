import fc from 'fast-check'
import { expect, test } from 'vitest'
import { configurationOf, DestinationConfiguration, destinationOf } from './destination.ts'
import {
  CreateLoggingConfigurationInput,
  DeleteLoggingConfigurationInput,
  ListLoggingConfigurationsInput,
} from './logging-configuration.ts'

const taken = (input: unknown) => DestinationConfiguration.safeParse(input).success
const s3 = { bucketName: 'chat-logs' }
const cloudWatchLogs = { logGroupName: '/chat/logs' }
const firehose = { deliveryStreamName: 'chat' }

test('a destination has exactly one member', () => {
  for (const one of [{ s3 }, { cloudWatchLogs }, { firehose }]) expect(DestinationConfiguration.parse(one)).toEqual(one)
  for (const other of [{}, { s3, firehose }, { s3, cloudWatchLogs, firehose }, { kinesis: {} }, { s3: {} }]) {
    expect(taken(other)).toBe(false)
  }
})

test.each([
  ['bucket name', (n: number) => ({ s3: { bucketName: 'b'.repeat(n) } }), 3, 63],
  ['log group name', (n: number) => ({ cloudWatchLogs: { logGroupName: 'g'.repeat(n) } }), 1, 512],
  ['delivery stream name', (n: number) => ({ firehose: { deliveryStreamName: 'd'.repeat(n) } }), 1, 64],
])('the %s is taken up to its limits, and not past them', (_, of, least, most) => {
  expect([least, most].map((n) => taken(of(n)))).toEqual([true, true])
  expect([least - 1, most + 1].map((n) => taken(of(n)))).toEqual([false, false])
})

test.each([
  { s3: { bucketName: 'Chat' } },
  { s3: { bucketName: 'chat_logs' } },
  { cloudWatchLogs: { logGroupName: 'chat logs' } },
  { firehose: { deliveryStreamName: 'chat/logs' } },
])('%j is not taken', (input) => {
  expect(taken(input)).toBe(false)
})

test('a destination and its configuration say the same', () => {
  const kinds = fc.constantFrom('s3' as const, 'cloudWatchLogs' as const, 'firehose' as const)
  fc.assert(
    fc.property(kinds, fc.stringMatching(/^[a-z0-9-]{3,63}$/), (kind, target) => {
      const configuration = configurationOf({ kind, target })
      expect(destinationOf(configuration)).toEqual({ kind, target })
      expect(DestinationConfiguration.parse(configuration)).toEqual(configuration)
    }),
  )
})

test('a logging configuration needs a destination, and nothing else', () => {
  expect(CreateLoggingConfigurationInput.parse({ destinationConfiguration: { s3 } })).toEqual({
    name: '',
    destinationConfiguration: { s3 },
    tags: {},
  })
  expect(CreateLoggingConfigurationInput.safeParse({ name: 'n' }).success).toBe(false)
  expect(ListLoggingConfigurationsInput.parse(undefined)).toEqual({ maxResults: 50 })
})

test('a delete may abandon the backlog', () => {
  const identifier = 'arn:aws:ivschat:us-west-2:123456789012:logging-configuration/abcdABCDefgh'
  expect(DeleteLoggingConfigurationInput.parse({ identifier })).toEqual({ identifier })
  expect(DeleteLoggingConfigurationInput.parse({ identifier, abandonBacklog: true }).abandonBacklog).toBe(true)
  expect(DeleteLoggingConfigurationInput.safeParse({ identifier, abandonBacklog: 'yes' }).success).toBe(false)
})
