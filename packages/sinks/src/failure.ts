import type { DestinationKind } from '@roomlog/domain'
import { NO_ETAG } from './answer.ts'
import type { Verdict } from './classify.ts'
import type { ErrorMetric, Failure, FailureClass, WriteOutcome } from './port.ts'

/** What was being done to what, for messages that a person can act on. */
export type Subject = {
  readonly kind: DestinationKind
  /** Name of the bucket, log group or delivery stream. */
  readonly target: string
  readonly region: string
  /** The operation that failed. */
  readonly call: string
  /** The IAM permissions that it needs. */
  readonly permissions: string
}

/** The failure that a verdict is, in words. */
export function failureOf(verdict: Verdict, subject: Subject): Failure {
  const words = wordsOf(verdict, subject)
  return {
    class: verdict.class,
    name: verdict.name,
    message: verdict.detail === undefined ? words : `${words} (${verdict.detail})`,
    metric: metricOf(verdict.class),
  }
}

/** What a verdict means to a write. `exists` is for the sink to judge. */
export function writeOutcomeOf(
  verdict: Verdict,
  subject: Subject,
): Extract<WriteOutcome, { status: 'retry' | 'refused' | 'unknown' }> {
  const failure = failureOf(verdict, subject)
  if (verdict.taken === 'maybe') return { status: 'unknown', failure }
  switch (verdict.action) {
    case 'hold':
      return { status: 'refused', scope: 'destination', failure }
    case 'split':
      return { status: 'refused', scope: 'batch', failure }
    case 'doubt':
      return { status: 'refused', scope: 'unknown', failure }
    case 'retry':
    case 'exists':
      return { status: 'retry', failure }
  }
}

/** What a verdict means to a call that changes nothing: whatever a person need not mend may be asked again. */
export function readOutcomeOf(verdict: Verdict, subject: Subject): ReadFailure {
  const failure = failureOf(verdict, subject)
  const isRefused = verdict.action === 'hold' || verdict.action === 'split' || verdict.action === 'doubt'
  return isRefused ? { status: 'refused', failure } : { status: 'retry', failure }
}

export type ReadFailure =
  | { readonly status: 'retry'; readonly failure: Failure }
  | { readonly status: 'refused'; readonly failure: Failure }

/** IVS's metric for a class of failure. */
export function metricOf(failure: FailureClass): ErrorMetric {
  if (failure === 'access') return 'LogDestinationAccessDeniedError'
  if (failure === 'missing') return 'LogDestinationResourceNotFoundErrors'
  return 'LogDestinationErrors'
}

/** The destination as a person would name it. */
export function nameOf({ kind, target }: Pick<Subject, 'kind' | 'target'>): string {
  switch (kind) {
    case 's3':
      return `S3 bucket ${target}`
    case 'cloudWatchLogs':
      return `log group ${target}`
    case 'firehose':
      return `Firehose stream ${target}`
  }
}

/** What to look at when the destination, not a record, is what is not valid. */
const ADVICE: Readonly<Record<DestinationKind, string>> = {
  s3: 'Check the settings of the bucket (encryption, Object Lock, object ownership) and the endpoint.',
  cloudWatchLogs: 'Check the class (it must be STANDARD) and the settings of the log group.',
  firehose: 'Check the source of the stream: it must take direct puts.',
}

function wordsOf({ class: failure, action, name }: Verdict, subject: Subject): string {
  const { call, permissions, region } = subject
  const target = nameOf(subject)
  switch (failure) {
    case 'throttled':
      return `${target} throttles ${call}: ${name}. If it lasts, raise the quota of the service.`
    case 'transient':
      return `${call} to ${target} failed for now: ${name}.`
    case 'network':
      return `${call} to ${target} got no answer: ${name}. If it lasts, check the network and the endpoint.`
    case 'clock':
      return `${call} to ${target} was refused for its time: ${name}. Check the clock of this machine.`
    case 'access':
      return `${call} to ${target} was denied: ${name}. Allow ${permissions} to the principal that delivers.`
    case 'credentials':
      return `${call} to ${target} has no valid credentials: ${name}. Check the AWS credentials of this process.`
    case 'missing':
      return `${target} was not found in ${region}: ${name}. Create it, or check its name, account and Region.`
    case 'invalid':
      return `${call} to ${target} was refused ${wayOf(action, name)}.${action === 'hold' ? ` ${ADVICE[subject.kind]}` : ''}`
    case 'conditional-writes-ignored':
      if (name === NO_ETAG) {
        return `${target} sends no ETag with its answer to ${call}, so nothing proves what it has taken. Use a store that does, and look for a proxy in between.`
      }
      return `${target} does not honour conditional writes (If-None-Match: *): ${name}. Use a store that does.`
  }
}

function wayOf(action: Verdict['action'], name: string): string {
  if (action !== 'doubt') return `as invalid: ${name}`
  return `by a name that is not known here: ${name}. Look it up in the documentation of the service; nothing is dropped for it`
}
