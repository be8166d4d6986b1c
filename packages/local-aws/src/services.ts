import { AwsError } from './aws-error.ts'
import { type Bending, type Call, header, type Service } from './call.ts'
import { FIREHOSE_TARGET, type Firehose, firehoseTarget, runFirehose } from './firehose/operations.ts'
import { LOGS_TARGET, type Logs, logsTarget, runLogs } from './logs/operations.ts'
import { METRICS_TARGET, type Metrics, runMetrics } from './metrics/operations.ts'
import { json, type Reply } from './reply.ts'
import { runS3, type S3, s3ErrorReply, s3Request } from './s3/operations.ts'

export type Services = {
  readonly s3: S3
  readonly logs: Logs
  readonly firehose: Firehose
  readonly metrics: Metrics
}

/** What a request asks for. */
export type Asked = {
  readonly service: Service
  readonly operation: string
  /** Of S3; the JSON services name theirs in the body. */
  readonly target: string
}

export function asked(call: Call): Asked {
  const target = header(call, 'x-amz-target')
  if (target !== undefined) {
    const [prefix = '', operation = ''] = target.split('.')
    const service = JSON_SERVICES[prefix]
    if (service === undefined) throw new AwsError(400, 'UnknownOperationException', `${target} is not served here.`)
    return { service, operation, target: '' }
  }
  const request = s3Request(call)
  if (request === undefined) return { service: 's3', operation: 'Unknown', target: '' }
  const { operation, bucket, key } = request
  return { service: 's3', operation, target: key === '' ? bucket : `${bucket}/${key}` }
}

/** The target named in a JSON request. */
export function targetIn(service: Service, input: unknown): string {
  return service === 'logs' ? logsTarget(input) : service === 'firehose' ? firehoseTarget(input) : ''
}

/** The JSON services speak awsJson; CBOR, say, is another protocol. */
export function checkProtocol(call: Call, service: Service) {
  const type = header(call, 'content-type') ?? ''
  const spoken = service === 's3' || /^application\/x-amz-json-1\.[01]\b/.test(type)
  if (!spoken || header(call, 'smithy-protocol') !== undefined) {
    throw new AwsError(415, 'UnsupportedMediaTypeException', 'The stand-in speaks awsJson 1.0 and 1.1 only.')
  }
}

export async function runService(
  services: Services,
  wanted: Asked,
  call: Call,
  input: unknown,
  bending: Bending,
): Promise<Reply> {
  const { service, operation } = wanted
  if (service === 's3') return runS3(services.s3, call, s3Request(call), bending)
  const output =
    service === 'logs'
      ? await runLogs(services.logs, operation, input, bending)
      : service === 'firehose'
        ? await runFirehose(services.firehose, operation, input, bending)
        : await runMetrics(services.metrics, operation, input)
  if (output === undefined) throw new AwsError(400, 'UnknownOperationException', `${operation} is not served here.`)
  return json(output, versionOf(service))
}

/** A refusal in the words of the service. */
export function errorReply(error: AwsError, service: Service | undefined, call: Call): Reply {
  if (service === undefined || service === 's3') return s3ErrorReply(error, call)
  const reply = json({ __type: error.name, message: error.message }, versionOf(service), error.status)
  if (service !== 'metrics') return reply
  // Clients in query-compatible mode take the name from this header.
  return { ...reply, headers: { ...reply.headers, 'x-amzn-query-error': `${error.name};Sender` } }
}

const JSON_SERVICES: Readonly<Record<string, Service>> = {
  [LOGS_TARGET]: 'logs',
  [FIREHOSE_TARGET]: 'firehose',
  [METRICS_TARGET]: 'metrics',
}

function versionOf(service: Service): '1.0' | '1.1' {
  return service === 'metrics' ? '1.0' : '1.1'
}
