import {
  type CloudWatchLogsClient,
  CreateLogStreamCommand,
  DescribeLogGroupsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import type { DestinationVersion, RoomId } from '@roomlog/domain'
import { logStreamName } from '@roomlog/domain'
import { type Answer, headerOf, type JsonObject, jsonOf, UnprovenAnswer } from '../answer.ts'
import { ask } from '../ask.ts'
import type { Verdict } from '../classify.ts'
import { failureOf, metricOf, nameOf, type ReadFailure, readOutcomeOf, type Subject } from '../failure.ts'
import type { Failure } from '../port.ts'

/** The log group of a destination, and the client that calls it. */
export type LogGroup = { readonly client: CloudWatchLogsClient; readonly destination: DestinationVersion }

/** What an answer of CloudWatch Logs says; it alone gives its request an id, and its success a JSON object. */
export function proveLogsAnswer(answer: Answer): JsonObject {
  const said = jsonOf(answer)
  proveRequestId(answer)
  return said
}

function proveRequestId(answer: Answer): void {
  if (!headerOf(answer, 'x-amzn-requestid')) throw new UnprovenAnswer(answer.status, 'it has no x-amzn-requestid')
  if (headerOf(answer, 'x-amzn-errortype')) throw new UnprovenAnswer(answer.status, 'its headers name an error')
}

/** CreateLogStream has nothing to say: its success has an empty body, or an empty object. */
function proveCreated(answer: Answer): void {
  if (answer.body.length > 0 || answer.status !== 200) proveLogsAnswer(answer)
  else proveRequestId(answer)
}

function proveGroups(answer: Answer): void {
  if (!Array.isArray(proveLogsAnswer(answer).logGroups)) throw new UnprovenAnswer(200, 'it has no list of groups')
}

/** What a call to the log group is, for messages. */
export function logGroupSubject({ target, region }: DestinationVersion, call: string): Subject {
  const permissions = call === 'PutLogEvents' ? 'logs:PutLogEvents and logs:CreateLogStream' : `logs:${call}`
  return { kind: 'cloudWatchLogs', target, region, call, permissions }
}

/**
 * Whether the group is there (of all whose names start with its name, it is the first) and of a class that can be read
 * back. One of class INFREQUENT_ACCESS takes all that is written, and nobody learns what became of a lost answer.
 */
export async function findLogGroup(
  { client, destination }: LogGroup,
  signal: AbortSignal | undefined,
): Promise<{ readonly status: 'found' } | { readonly status: 'unusable'; readonly failure: Failure } | ReadFailure> {
  const subject = logGroupSubject(destination, 'DescribeLogGroups')
  const command = new DescribeLogGroupsCommand({ logGroupNamePrefix: destination.target })
  const described = await ask(command, (options) => client.send(command, options), { prove: proveGroups, signal })
  if (!described.ok) return readOutcomeOf(described.verdict, subject)
  const group = described.value.output.logGroups?.find(({ logGroupName }) => logGroupName === destination.target)
  if (group === undefined) return { status: 'unusable', failure: missingGroup(destination, 'DescribeLogGroups') }
  // Servers that know of no classes name none.
  const { logGroupClass = 'STANDARD' } = group
  return logGroupClass === 'STANDARD'
    ? { status: 'found' }
    : { status: 'unusable', failure: unreadable(destination, logGroupClass) }
}

export function missingGroup(destination: DestinationVersion, call: string): Failure {
  return failureOf(NO_GROUP, logGroupSubject(destination, call))
}

function unreadable({ target }: DestinationVersion, logGroupClass: string): Failure {
  const message =
    `${nameOf({ kind: 'cloudWatchLogs', target })} is of class ${logGroupClass}, which FilterLogEvents cannot read back. ` +
    'It must be STANDARD, and the class of a group cannot be changed: create the group anew, or use another one.'
  return { class: 'invalid', name: 'LogGroupClass', message, metric: metricOf('invalid') }
}

/** Creates the room's stream, never the group, which is its owner's. */
export async function createStream(
  { client, destination }: LogGroup,
  roomId: RoomId,
  signal: AbortSignal | undefined,
): Promise<{ readonly status: 'created' } | ReadFailure> {
  const names = { logGroupName: destination.target, logStreamName: logStreamName(roomId) }
  const command = new CreateLogStreamCommand(names)
  const sent = await ask(command, (options) => client.send(command, options), { prove: proveCreated, signal })
  // By name: a 412 of something in between says nothing about the stream.
  if (sent.ok || sent.verdict.name === 'ResourceAlreadyExistsException') return { status: 'created' }
  return readOutcomeOf(sent.verdict, logGroupSubject(destination, 'CreateLogStream'))
}

const NO_GROUP: Verdict = {
  class: 'missing',
  action: 'hold',
  taken: 'no',
  name: 'ResourceNotFoundException',
  status: undefined,
  detail: 'Roomlog creates log streams, but never the log group',
}
