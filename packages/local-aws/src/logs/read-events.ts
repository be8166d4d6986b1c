import { z } from 'zod'
import { parseInput } from '../json-input.ts'
import { logsError } from './error.ts'
import type { Group, Groups } from './groups.ts'
import { FILTER_STREAMS_MAX, PAGE_BYTES_MAX, PAGE_EVENTS_MAX } from './limits.ts'
import { mergeEvents, type Position } from './merge-events.ts'
import { GroupRef, groupName, StreamName } from './names.ts'
import type { StreamFile } from './stream-file.ts'
import type { StoredEvent } from './stream-lines.ts'

export type ReadContext = {
  readonly groups: Groups
  readonly now: () => number
  readonly readLagMs: number
  readonly emptyPage: boolean
}

/** FilterLogEvents: events of a group's streams, merged by time. */
export async function filterLogEvents(context: ReadContext, raw: unknown) {
  const input = parseInput(FilterInput, raw, 'InvalidParameterException')
  if (input.logStreamNames !== undefined && input.logStreamNamePrefix !== undefined) {
    throw logsError('InvalidParameterException', 'logStreamNames and logStreamNamePrefix exclude each other.')
  }
  const group = readable(context.groups.get(groupName(input)), 'FilterLogEvents')
  const matches = patternOf(input.filterPattern ?? '')
  const streams = chosenStreams(group, input.logStreamNames, input.logStreamNamePrefix)
  const after = input.nextToken === undefined ? undefined : fromToken(input.nextToken)
  if (context.emptyPage) return { events: [], searchedLogStreams: [], nextToken: toToken(after ?? BEGINNING) }
  const page = await readPage(
    mergeEvents(streams, { startTime: input.startTime ?? 0, endTime: input.endTime ?? Infinity, after }),
    input.limit ?? PAGE_EVENTS_MAX,
    (event) => event.ingestionTime <= context.now() - context.readLagMs && matches(event.message),
  )
  return {
    events: page.events.map((event) => ({ logStreamName: event.stream, ...shown(event), eventId: eventId(event) })),
    searchedLogStreams: [],
    ...(page.more ? { nextToken: toToken(page.last) } : {}),
  }
}

/** GetLogEvents: events of one stream, from either end. `endTime` is exclusive here, as AWS has it. */
export async function getLogEvents(context: ReadContext, raw: unknown) {
  const input = parseInput(GetInput, raw, 'InvalidParameterException')
  const group = readable(context.groups.get(groupName(input)), 'GetLogEvents')
  const stream = group.streams.get(input.logStreamName)
  if (stream === undefined) throw logsError('ResourceNotFoundException', 'The specified log stream does not exist.')
  const token = input.nextToken === undefined ? undefined : { way: input.nextToken[0], at: input.nextToken.slice(2) }
  if (token !== undefined && token.way !== 'f' && token.way !== 'b') throw badToken()
  const after = token === undefined || token.at === '' ? undefined : fromToken(token.at)
  const backwards = token === undefined ? input.startFromHead !== true : token.way === 'b'
  const page = await readPage(
    mergeEvents([stream], {
      startTime: input.startTime ?? 0,
      endTime: (input.endTime ?? Infinity) - 1,
      backwards,
      after,
    }),
    input.limit ?? PAGE_EVENTS_MAX,
    (event) => event.ingestionTime <= context.now() - context.readLagMs,
  )
  const events = backwards ? page.events.toReversed() : page.events
  // At the end of the stream the token that was passed comes back.
  const [first, last] = [events[0] ?? after, events[events.length - 1] ?? after]
  return {
    events: events.map(shown),
    nextForwardToken: `f/${last === undefined ? '' : toToken(last)}`,
    nextBackwardToken: `b/${first === undefined ? '' : toToken(first)}`,
  }
}

const Time = z.int().min(0)
const Limit = z.int().min(1).max(PAGE_EVENTS_MAX)

const FilterInput = GroupRef.extend({
  logStreamNames: z.array(StreamName).min(1).max(FILTER_STREAMS_MAX).optional(),
  logStreamNamePrefix: StreamName.optional(),
  startTime: Time.optional(),
  endTime: Time.optional(),
  filterPattern: z.string().max(1024).optional(),
  nextToken: z.string().min(1).optional(),
  limit: Limit.optional(),
})

const GetInput = GroupRef.extend({
  logStreamName: StreamName,
  startTime: Time.optional(),
  endTime: Time.optional(),
  nextToken: z.string().min(1).optional(),
  limit: Limit.optional(),
  startFromHead: z.boolean().optional(),
})

/** In the words of the service, as a report of 2026 quotes them. */
function readable(group: Group, operation: string): Group {
  const { name, logGroupClass } = group
  if (logGroupClass === 'STANDARD') return group
  const message = `The log group ${name} is of log-group-class ${logGroupClass}. ${operation} is not supported for this log class.`
  throw logsError('InvalidOperationException', message)
}

function chosenStreams(group: Group, names: readonly string[] | undefined, prefix: string | undefined): StreamFile[] {
  if (names === undefined) return [...group.streams.values()].filter((stream) => stream.name.startsWith(prefix ?? ''))
  return [...new Set(names)].map((name) => {
    const stream = group.streams.get(name)
    if (stream === undefined) throw logsError('ResourceNotFoundException', 'The specified log stream does not exist.')
    return stream
  })
}

const BEGINNING: Position = { timestamp: 0, stream: '', offset: 0 }

type Page = { readonly events: StoredEvent[]; readonly more: boolean; readonly last: Position }

async function readPage(
  source: AsyncGenerator<StoredEvent>,
  eventsMax: number,
  wanted: (event: StoredEvent) => boolean,
): Promise<Page> {
  const events: StoredEvent[] = []
  let bytes = 0
  let last = BEGINNING
  for await (const event of source) {
    if (!wanted(event)) continue
    bytes += Buffer.byteLength(event.message)
    if (events.length >= eventsMax || (bytes > PAGE_BYTES_MAX && events.length > 0)) return { events, more: true, last }
    events.push(event)
    last = event
  }
  return { events, more: false, last }
}

/** Terms, quoted or not, which must all occur; the stand-in has no other patterns. */
function patternOf(pattern: string): (message: string) => boolean {
  const text = pattern.trim()
  if (/^[{[%]/.test(text) || /(^|\s)[-?]/.test(text)) {
    throw logsError('InvalidParameterException', 'The stand-in knows filter patterns of plain terms only.')
  }
  const terms = [...text.matchAll(/"([^"]+)"|([^\s"]+)/g)].map((match) => match[1] ?? match[2] ?? '')
  return (message) => terms.every((term) => message.includes(term))
}

function shown({ timestamp, message, ingestionTime }: StoredEvent) {
  return { timestamp, message, ingestionTime }
}

function eventId(event: StoredEvent): string {
  return `${event.timestamp}${String(event.offset).padStart(16, '0')}`.padStart(40, '3')
}

function toToken({ timestamp, stream, offset }: Position): string {
  return Buffer.from(JSON.stringify([timestamp, stream, offset])).toString('base64url')
}

const Token = z.tuple([z.number(), z.string(), z.number()])

function fromToken(token: string): Position {
  try {
    const [timestamp, stream, offset] = Token.parse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')))
    return { timestamp, stream, offset }
  } catch {
    throw badToken()
  }
}

function badToken(): Error {
  return logsError('InvalidParameterException', 'The specified nextToken is invalid.')
}
