import {
  type AccountId,
  type Destination,
  type DestinationVersion,
  DestinationVersionId,
  LoggingConfigurationId,
} from '@roomlog/domain'
import { type CheckOutcome, type Failure, type FailureClass, renewCredentials, type Sink } from '@roomlog/sinks'
import type { CheckDestination } from '../context.ts'

export type DestinationCheckOptions = {
  readonly region: string
  /** Of one check. */
  readonly timeoutMs: number
}

/**
 * Checks destinations the way delivery uses them, with clients that the SDK's standard variables and files configure. Each client
 * is loaded by the first check of its kind: most processes never make one, and loading them all would double the start.
 */
export function createDestinationCheck(options: DestinationCheckOptions): {
  readonly check: CheckDestination
  close(): void
} {
  const { region, timeoutMs } = options
  const clients = new Map<Destination['kind'], Promise<Client>>()

  const clientOf = (kind: Destination['kind']): Promise<Client> => {
    const found = clients.get(kind)
    if (found !== undefined) return found
    const made = CLIENTS[kind](options)
    clients.set(kind, made)
    return made
  }

  return {
    async check(destination, { accountId, signal }): Promise<CheckOutcome> {
      const client = await clientOf(destination.kind)
      const timeout = AbortSignal.timeout(timeoutMs)
      const sink = client.sinkTo(versionOf(destination, region, accountId))
      const inTime = { signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) }
      try {
        const outcome = await sink.check(inTime)
        const isOver = outcome.status === 'ok' || !MENDED_BY_AN_ANSWER.has(outcome.failure.class)
        return isOver ? outcome : await sink.check(inTime)
      } catch (error) {
        if (timeout.aborted) return { status: 'failed', failure: noAnswer(destination, timeoutMs) }
        throw error
      }
    },
    close() {
      for (const client of clients.values()) void client.then(({ destroy }) => destroy())
      clients.clear()
    },
  }
}

/** By a refusal the SDK learns the time, and credentials that have changed are looked for again: the next call has both. */
const MENDED_BY_AN_ANSWER: ReadonlySet<FailureClass> = new Set<FailureClass>(['clock', 'credentials', 'access'])

type Client = { readonly sinkTo: (destination: DestinationVersion) => Sink; readonly destroy: () => void }

const CLIENTS: Readonly<Record<Destination['kind'], (options: DestinationCheckOptions) => Promise<Client>>> = {
  async s3(options) {
    const [{ S3Client }, { addressByPath, createS3Sink }] = await Promise.all([
      import('@aws-sdk/client-s3'),
      import('@roomlog/sinks/s3'),
    ])
    const client = addressByPath(renewCredentials(new S3Client(clientOptions(options))))
    return { sinkTo: (destination) => createS3Sink({ client, destination }), destroy: () => client.destroy() }
  },
  async cloudWatchLogs(options) {
    const [{ CloudWatchLogsClient }, { createCloudWatchLogsSink }] = await Promise.all([
      import('@aws-sdk/client-cloudwatch-logs'),
      import('@roomlog/sinks/cloudwatch-logs'),
    ])
    const client = renewCredentials(new CloudWatchLogsClient(clientOptions(options)))
    return {
      sinkTo: (destination) => createCloudWatchLogsSink({ client, destination }),
      destroy: () => client.destroy(),
    }
  },
  async firehose(options) {
    const [{ FirehoseClient }, { createFirehoseSink }] = await Promise.all([
      import('@aws-sdk/client-firehose'),
      import('@roomlog/sinks/firehose'),
    ])
    const client = renewCredentials(new FirehoseClient(clientOptions(options)))
    return { sinkTo: (destination) => createFirehoseSink({ client, destination }), destroy: () => client.destroy() }
  },
}

function noAnswer({ target }: Destination, timeoutMs: number): Failure {
  const message = `${target} could not be checked: no answer within ${timeoutMs / 1000} s`
  return { class: 'network', name: 'TimeoutError', message, metric: 'LogDestinationErrors' }
}

function clientOptions({ region, timeoutMs }: DestinationCheckOptions) {
  return { region, maxAttempts: 1, requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs } }
}

/** A version that was never stored: a check needs no more of it than where the account's records will lie. */
function versionOf({ kind, target }: Destination, region: string, accountId: AccountId): DestinationVersion {
  return {
    id: DestinationVersionId.parse(1),
    loggingConfigurationId: LoggingConfigurationId.parse('000000000000'),
    accountId,
    region,
    kind,
    target,
  }
}
