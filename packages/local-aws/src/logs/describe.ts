import { z } from 'zod'
import { parseInput } from '../json-input.ts'
import { logsError } from './error.ts'
import type { Group } from './groups.ts'
import { DESCRIBE_MAX } from './limits.ts'
import { GroupName, GroupRef, groupName, StreamName } from './names.ts'
import type { Logs } from './operations.ts'
import type { StreamFile } from './stream-file.ts'

/** DescribeLogGroups, by name. */
export async function describeLogGroups(logs: Logs, raw: unknown) {
  const input = parseInput(GroupsInput, raw, 'InvalidParameterException')
  const { logGroupNamePrefix: prefix, logGroupNamePattern: pattern } = input
  if (prefix !== undefined && pattern !== undefined) {
    throw logsError('InvalidParameterException', 'logGroupNamePrefix and logGroupNamePattern exclude each other.')
  }
  const wanted = logs.groups.all().filter(({ name }) => {
    return name.startsWith(prefix ?? '') && name.toLowerCase().includes((pattern ?? '').toLowerCase())
  })
  const page = pageOf(wanted, ({ name }) => name, input.nextToken, input.limit)
  const logGroups = await Promise.all(page.items.map((group) => describeGroup(logs, group)))
  return { logGroups, ...page.next }
}

/** DescribeLogStreams, by name or by the time of the last event. */
export async function describeLogStreams(logs: Logs, raw: unknown) {
  const input = parseInput(StreamsInput, raw, 'InvalidParameterException')
  if (input.orderBy === 'LastEventTime' && input.logStreamNamePrefix !== undefined) {
    throw logsError('InvalidParameterException', 'Cannot order by LastEventTime with a logStreamNamePrefix.')
  }
  const group = logs.groups.get(groupName(input))
  const found: Awaited<ReturnType<typeof describeStream>>[] = []
  const prefix = input.logStreamNamePrefix ?? ''
  const named = [...group.streams.values()].filter((stream) => stream.name.startsWith(prefix))
  const byTime = input.orderBy === 'LastEventTime'
  const sign = input.descending === true ? -1 : 1
  if (!byTime) {
    named.sort((a, b) => sign * (a.name < b.name ? -1 : 1))
    const page = pageOf(named, ({ name }) => name, input.nextToken, input.limit)
    for (const stream of page.items) found.push(await describeStream(logs, group, stream))
    return { logStreams: found, ...page.next }
  }
  for (const stream of named) found.push(await describeStream(logs, group, stream))
  found.sort((a, b) => sign * ((a.lastEventTimestamp ?? 0) - (b.lastEventTimestamp ?? 0)))
  const page = pageOf(found, ({ logStreamName }) => logStreamName, input.nextToken, input.limit)
  return { logStreams: page.items, ...page.next }
}

const Limit = z.int().min(1).max(DESCRIBE_MAX)

const GroupsInput = z.object({
  logGroupNamePrefix: GroupName.optional(),
  logGroupNamePattern: z.string().optional(),
  limit: Limit.optional(),
  nextToken: z.string().min(1).optional(),
})

const StreamsInput = GroupRef.extend({
  logStreamNamePrefix: StreamName.optional(),
  orderBy: z.enum(['LogStreamName', 'LastEventTime']).optional(),
  descending: z.boolean().optional(),
  limit: Limit.optional(),
  nextToken: z.string().min(1).optional(),
})

async function describeGroup(logs: Logs, group: Group) {
  const arn = `${logs.arnPrefix}log-group:${group.name}`
  const { name, creationTime, retentionInDays, logGroupClass } = group
  return {
    logGroupName: name,
    creationTime,
    ...(retentionInDays === undefined ? {} : { retentionInDays }),
    metricFilterCount: 0,
    arn: `${arn}:*`,
    logGroupArn: arn,
    logGroupClass,
    storedBytes: 0,
  }
}

async function describeStream(logs: Logs, group: Group, stream: StreamFile) {
  const { chunks, creationTime, lastIngestionTime } = await stream.load()
  const events = chunks.length > 0
  return {
    logStreamName: stream.name,
    creationTime,
    ...(events
      ? { firstEventTimestamp: chunks.reduce((least, one) => Math.min(least, one.minTimestamp), Infinity) }
      : {}),
    ...(events ? { lastEventTimestamp: chunks.reduce((most, one) => Math.max(most, one.maxTimestamp), 0) } : {}),
    ...(lastIngestionTime === undefined ? {} : { lastIngestionTime }),
    arn: `${logs.arnPrefix}log-group:${group.name}:log-stream:${stream.name}`,
    storedBytes: 0,
  }
}

/** The token is the name of the last item that was shown. */
function pageOf<T>(items: readonly T[], nameOf: (item: T) => string, token: string | undefined, limit = DESCRIBE_MAX) {
  const from = token === undefined ? 0 : items.findIndex((item) => nameOf(item) === token) + 1
  if (token !== undefined && from === 0) {
    throw logsError('InvalidParameterException', 'The specified nextToken is invalid.')
  }
  const shown = items.slice(from, from + limit)
  const last = shown[shown.length - 1]
  const more = last !== undefined && from + shown.length < items.length
  return { items: shown, next: more ? { nextToken: nameOf(last) } : {} }
}
