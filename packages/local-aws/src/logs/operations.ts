import { z } from 'zod'
import type { Bending } from '../call.ts'
import { isObject, parseInput } from '../json-input.ts'
import { describeLogGroups, describeLogStreams } from './describe.ts'
import { logsError } from './error.ts'
import { type Groups, LogGroupClass } from './groups.ts'
import { RETENTION_DAYS } from './limits.ts'
import { GroupName, StreamName } from './names.ts'
import type { Policies } from './policies.ts'
import { judgeBatch } from './put-log-events.ts'
import { filterLogEvents, getLogEvents } from './read-events.ts'

export type Logs = {
  readonly groups: Groups
  readonly policies: Policies
  readonly now: () => number
  readonly arnPrefix: string
}

export const LOGS_TARGET = 'Logs_20140328'

/** The group, or the group and stream, that a request is about. */
export function logsTarget(input: unknown): string {
  if (!isObject(input)) return ''
  const group = input.logGroupName ?? input.logGroupIdentifier
  const stream = input.logStreamName
  return typeof group !== 'string' ? '' : typeof stream === 'string' ? `${group}:${stream}` : group
}

/** Runs one operation of CloudWatch Logs; `undefined` when the stand-in does not have it. */
export async function runLogs(logs: Logs, operation: string, input: unknown, bending: Bending): Promise<unknown> {
  const { groups, now } = logs
  const read = { groups, now, readLagMs: bending.readLagMs ?? 0, emptyPage: bending.emptyPage === true }
  switch (operation) {
    case 'PutLogEvents':
      return putLogEvents(logs, input)
    case 'FilterLogEvents':
      return filterLogEvents(read, input)
    case 'GetLogEvents':
      return getLogEvents(read, input)
    case 'CreateLogGroup': {
      const { logGroupName, logGroupClass } = parse(NewGroup, input)
      await groups.create(logGroupName, logGroupClass)
      return {}
    }
    case 'DeleteLogGroup':
      await groups.remove(parse(OfGroup, input).logGroupName)
      return {}
    case 'CreateLogStream': {
      const { logGroupName, logStreamName } = parse(OfStream, input)
      await groups.createStream(logGroupName, logStreamName)
      return {}
    }
    case 'DeleteLogStream': {
      const { logGroupName, logStreamName } = parse(OfStream, input)
      await groups.removeStream(logGroupName, logStreamName)
      return {}
    }
    case 'PutRetentionPolicy': {
      const { logGroupName, retentionInDays } = parse(Retention, input)
      await groups.setRetention(logGroupName, retentionInDays)
      return {}
    }
    case 'DeleteRetentionPolicy':
      await groups.setRetention(parse(OfGroup, input).logGroupName, undefined)
      return {}
    case 'DescribeLogGroups':
      return describeLogGroups(logs, input)
    case 'DescribeLogStreams':
      return describeLogStreams(logs, input)
    case 'PutResourcePolicy':
      return logs.policies.put(input)
    case 'DescribeResourcePolicies':
      return logs.policies.describe(input)
    case 'DeleteResourcePolicy':
      return logs.policies.remove(input)
    default:
      return undefined
  }
}

async function putLogEvents(logs: Logs, input: unknown) {
  const { logGroupName, logStreamName } = parse(OfStream, input)
  const ingestionTime = logs.now()
  const group = logs.groups.get(logGroupName)
  const stream = group.streams.get(logStreamName)
  if (stream === undefined) throw logsError('ResourceNotFoundException', 'The specified log stream does not exist.')
  const judged = judgeBatch(isObject(input) ? input.logEvents : undefined, ingestionTime, group.retentionInDays)
  await stream.append(judged.accepted, ingestionTime)
  return judged.rejected === undefined ? {} : { rejectedLogEventsInfo: judged.rejected }
}

const OfGroup = z.object({ logGroupName: GroupName })
const NewGroup = OfGroup.extend({ logGroupClass: LogGroupClass.default('STANDARD') })
const OfStream = z.object({ logGroupName: GroupName, logStreamName: StreamName })
const Retention = OfGroup.extend({
  retentionInDays: z.int().refine((days) => RETENTION_DAYS.has(days), 'Member must be one of the allowed days'),
})

function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  return parseInput(schema, input, 'InvalidParameterException')
}
