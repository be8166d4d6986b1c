import type { DestinationKind } from '@roomlog/domain'
import type { Fault } from '@roomlog/local-aws'

/** What is done to a destination, and what its lanes make of it. */
export type Row = {
  readonly what: string
  /** On the row's own destination. */
  readonly faults: readonly Fault[]
  /** The bucket, group or stream is not there yet. */
  readonly missing?: boolean
  /** While it lasts; a `flowing` lane gets over it by itself. */
  readonly lane: 'flowing' | 'retrying' | 'held'
  /** To the person who looks. */
  readonly says: string
  /** Of IVS's metrics, beside that of all errors. */
  readonly counts?: 'accessDenied' | 'notFound'
  /** By a call that tells what the destination holds: FilterLogEvents, HeadObject. */
  readonly readsBack?: boolean
  /** One room is enough, whose first record is the culprit. */
  readonly buries?: boolean
  /** What was sent again though it may have been taken is counted; only Firehose, which cannot be asked, shows it twice. */
  readonly countsRepeats?: boolean
}

type Strike = Omit<Extract<Fault, { effect: 'error' }>, 'effect' | 'name' | 'status'>
type Answer = readonly [status: number, names: string]

const HTML = '<!doctype html><html><body>Welcome</body></html>'
/** As S3 says it where it has promised a success already. */
const LATE_ERROR = '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>m</Message></Error>'

export const ROWS: Readonly<Record<DestinationKind, readonly Row[]>> = {
  s3: [
    ...errors(
      'PutObject',
      [
        [503, 'SlowDown'],
        [400, 'RequestLimitExceeded Throttling'],
        [429, 'Novel'],
      ],
      {
        lane: 'retrying',
        says: 'S3 bucket * throttles PutObject',
      },
    ),
    ...errors(
      'PutObject',
      [
        [500, 'InternalError Novel'],
        [503, 'ServiceUnavailable'],
        [400, 'RequestTimeout'],
      ],
      {
        lane: 'retrying',
        says: 'PutObject to S3 bucket * failed for now',
      },
    ),
    ...errors(
      'PutObject',
      [
        [409, 'OperationAborted ConditionalRequestConflict'],
        [400, 'BadDigest'],
      ],
      {
        lane: 'retrying',
        says: 'PutObject to S3 bucket * failed for now',
      },
    ),
    ...unanswered('PutObject', 'PutObject to S3 bucket * got no answer', { lane: 'retrying' }),
    {
      what: 'an empty 200 without an ETag',
      faults: [{ effect: 'falseSuccess', operation: 'PutObject' }],
      lane: 'held',
      says: 'S3 bucket * sends no ETag',
    },
    {
      what: 'a 412, and a page in the place of what stands in the way',
      faults: [
        { effect: 'answerLost', operation: 'PutObject', count: 1 },
        { effect: 'falseSuccess', operation: 'HeadObject', body: HTML },
      ],
      lane: 'retrying',
      says: 'HeadObject to S3 bucket * failed for now',
      readsBack: true,
    },
    {
      what: 'one answer lost after the effect',
      faults: [{ effect: 'answerLost', operation: 'PutObject', count: 1 }],
      lane: 'flowing',
      says: 'check the network',
      readsBack: true,
    },
    ...errors('PutObject', [[403, 'RequestTimeTooSkewed']], { lane: 'held', says: 'Check the clock of this machine' }),
    ...errors('PutObject', [[400, 'ExpiredToken']], { lane: 'held', says: 'Check the AWS credentials' }),
    ...errors(
      'PutObject',
      [
        [403, 'AccessDenied InvalidAccessKeyId SignatureDoesNotMatch Novel'],
        [400, 'InvalidToken KMS.DisabledException'],
      ],
      { lane: 'held', says: 'Allow s3:PutObject and s3:PutObjectAcl', counts: 'accessDenied' },
    ),
    {
      what: 'no such bucket',
      faults: [],
      missing: true,
      lane: 'held',
      says: 'S3 bucket * was not found in us-east-1: NoSuchBucket. Create it',
      counts: 'notFound',
    },
    ...errors(
      'PutObject',
      [
        [301, 'PermanentRedirect'],
        [400, 'AuthorizationHeaderMalformed'],
        [404, 'Novel'],
      ],
      {
        lane: 'held',
        says: 'check its name, account and Region',
        counts: 'notFound',
      },
    ),
    {
      what: 'a 412 that cannot be read',
      faults: [
        { effect: 'answerLost', operation: 'PutObject', count: 1 },
        { effect: 'accessDenied', operation: 'HeadObject' },
      ],
      lane: 'held',
      says: 'Allow s3:GetObject and s3:ListBucket',
      counts: 'accessDenied',
      readsBack: true,
    },
    ...errors('PutObject', [[400, 'InvalidRequest InvalidArgument KeyTooLongError EncryptionTypeMismatch Novel']], {
      lane: 'held',
      says: 'Check the settings of the bucket',
    }),
    ...errors('PutObject', [[400, 'EntityTooLarge']], { lane: 'flowing', says: 'EntityTooLarge' }, { count: 1 }),
    ...errors('PutObject', [[501, 'NotImplemented']], { lane: 'held', says: 'Use a store that does' }),
    {
      // Whether anything is read back is chance: a probe may be out as the store begins to honour them.
      what: 'a store that ignores If-None-Match',
      faults: [{ effect: 'ignoreIfNoneMatch' }],
      lane: 'held',
      says: 'S3 bucket * does not honour conditional writes',
    },
  ],
  cloudWatchLogs: [
    ...errors(
      'PutLogEvents',
      [
        [400, 'ThrottlingException RequestLimitExceeded LimitExceededException'],
        [429, 'Novel'],
      ],
      { lane: 'retrying', says: 'log group * throttles PutLogEvents' },
    ),
    ...errors(
      'CreateLogStream',
      [
        [400, 'OperationAbortedException'],
        [503, 'ServiceUnavailableException'],
      ],
      {
        lane: 'retrying',
        says: 'CreateLogStream to log group * failed for now',
      },
    ),
    ...errors(
      'PutLogEvents',
      [
        [503, 'ServiceUnavailableException'],
        [500, 'Novel'],
      ],
      {
        lane: 'retrying',
        says: 'PutLogEvents to log group * failed for now',
        readsBack: true,
        countsRepeats: true,
      },
    ),
    ...unanswered('PutLogEvents', 'PutLogEvents to log group * got no answer', {
      lane: 'retrying',
      readsBack: true,
      countsRepeats: true,
    }),
    {
      what: 'an empty 200',
      faults: [{ effect: 'falseSuccess', operation: 'PutLogEvents' }],
      lane: 'retrying',
      says: 'PutLogEvents to log group * failed for now: UnprovenAnswer',
      readsBack: true,
      countsRepeats: true,
    },
    {
      what: 'an answer lost, and a log that reads as an empty page of something else',
      faults: [
        { effect: 'answerLost', operation: 'PutLogEvents', skip: 3, count: 1 },
        { effect: 'falseSuccess', operation: 'FilterLogEvents', body: '{}' },
      ],
      lane: 'retrying',
      says: 'FilterLogEvents to log group * failed for now: UnprovenAnswer',
      readsBack: true,
    },
    {
      what: 'one answer lost after the effect',
      faults: [{ effect: 'answerLost', operation: 'PutLogEvents', skip: 3, count: 1 }],
      lane: 'flowing',
      says: 'check the network',
      readsBack: true,
    },
    {
      what: 'a call that has its effect after its client has gone',
      faults: [{ effect: 'late', operation: 'PutLogEvents', skip: 3, count: 1, ms: 100 }],
      lane: 'flowing',
      says: 'check the network',
      readsBack: true,
    },
    ...errors(
      'PutLogEvents',
      [[403, 'InvalidSignatureException']],
      { lane: 'held', says: 'Check the clock of this machine' },
      { message: 'Signature expired: 20260101T000000Z is now earlier than 20260101T000500Z' },
    ),
    ...errors('PutLogEvents', [[400, 'ExpiredTokenException']], { lane: 'held', says: 'Check the AWS credentials' }),
    ...errors(
      'PutLogEvents',
      [[400, 'AccessDeniedException UnrecognizedClientException InvalidClientTokenId MissingAuthenticationToken']],
      { lane: 'held', says: 'Allow logs:PutLogEvents and logs:CreateLogStream', counts: 'accessDenied' },
    ),
    ...errors('CreateLogStream', [[400, 'AccessDeniedException']], {
      lane: 'held',
      says: 'Allow logs:CreateLogStream',
      counts: 'accessDenied',
    }),
    {
      what: 'an answer lost, and no permission to read back',
      faults: [
        { effect: 'answerLost', operation: 'PutLogEvents', skip: 3, count: 1 },
        { effect: 'accessDenied', operation: 'FilterLogEvents' },
      ],
      lane: 'held',
      says: 'Allow logs:FilterLogEvents',
      counts: 'accessDenied',
      readsBack: true,
    },
    {
      what: 'no such log group',
      faults: [],
      missing: true,
      lane: 'held',
      says: 'log group * was not found in us-east-1: ResourceNotFoundException. Create it',
      counts: 'notFound',
    },
    {
      what: 'a stream that is made and yet not there',
      faults: [{ effect: 'missing', operation: 'PutLogEvents' }],
      lane: 'retrying',
      says: 'LogStreamCreated',
    },
    ...errors(
      'PutLogEvents',
      [[400, 'InvalidParameterException ValidationException']],
      { lane: 'flowing', says: 'was refused as invalid', buries: true },
      { count: 3 },
    ),
    ...errors('PutLogEvents', [[400, 'Novel SubscriptionRequiredException']], {
      lane: 'held',
      says: 'PutLogEvents to log group * was refused by a name that is not known here',
    }),
  ],
  firehose: [
    ...errors(
      'PutRecordBatch',
      [
        [400, 'ThrottlingException LimitExceededException'],
        [429, 'Novel'],
      ],
      {
        lane: 'retrying',
        says: 'Firehose stream * throttles PutRecordBatch',
      },
    ),
    {
      what: 'every record refused for now, the call accepted',
      faults: [{ effect: 'partial', fraction: 1 }],
      lane: 'retrying',
      says: 'Firehose stream * throttles PutRecordBatch: ServiceUnavailableException',
    },
    {
      what: 'some records refused for now, the call accepted',
      faults: [{ effect: 'partial', indexes: [1, 2], count: 2 }],
      lane: 'flowing',
      says: 'Firehose stream * throttles PutRecordBatch: ServiceUnavailableException',
    },
    ...errors(
      'PutRecordBatch',
      [
        [503, 'ServiceUnavailableException'],
        [500, 'Novel'],
      ],
      {
        lane: 'retrying',
        says: 'PutRecordBatch to Firehose stream * failed for now',
        countsRepeats: true,
      },
    ),
    ...unanswered('PutRecordBatch', 'PutRecordBatch to Firehose stream * got no answer', {
      lane: 'retrying',
      countsRepeats: true,
    }),
    {
      what: 'a 200 that counts no failure, and has no entry for a record',
      faults: [{ effect: 'falseSuccess', operation: 'PutRecordBatch', body: '{"FailedPutCount":0}' }],
      lane: 'retrying',
      says: 'PutRecordBatch to Firehose stream * failed for now: UnprovenAnswer',
      countsRepeats: true,
    },
    {
      what: 'one answer lost after the effect',
      faults: [{ effect: 'answerLost', operation: 'PutRecordBatch', count: 1 }],
      lane: 'flowing',
      says: 'check the network',
      countsRepeats: true,
    },
    ...errors(
      'PutRecordBatch',
      [[403, 'InvalidSignatureException']],
      { lane: 'held', says: 'Check the clock of this machine' },
      { message: 'Signature expired: 20260101T000000Z is now earlier than 20260101T000500Z' },
    ),
    ...errors('PutRecordBatch', [[400, 'ExpiredTokenException']], { lane: 'held', says: 'Check the AWS credentials' }),
    ...errors(
      'PutRecordBatch',
      [[400, 'AccessDeniedException UnrecognizedClientException InvalidKMSResourceException']],
      { lane: 'held', says: 'Allow firehose:PutRecordBatch', counts: 'accessDenied' },
    ),
    {
      what: 'no such stream',
      faults: [],
      missing: true,
      lane: 'held',
      says: 'Firehose stream * was not found in us-east-1: ResourceNotFoundException. Create it',
      counts: 'notFound',
    },
    ...errors('PutRecordBatch', [[400, 'InvalidSourceException']], { lane: 'held', says: 'must take direct puts' }),
    ...errors(
      'PutRecordBatch',
      [[400, 'InvalidArgumentException ValidationException']],
      { lane: 'flowing', says: 'was refused as invalid', buries: true },
      { count: 3 },
    ),
    ...errors('PutRecordBatch', [[400, 'Novel SubscriptionRequiredException']], {
      lane: 'held',
      says: 'PutRecordBatch to Firehose stream * was refused by a name that is not known here',
    }),
  ],
}

/** A row for each name that the service may answer with. */
function errors(
  operation: string,
  answers: readonly Answer[],
  row: Omit<Row, 'what' | 'faults'>,
  strike: Strike = {},
): Row[] {
  return answers.flatMap(([status, names]) =>
    names.split(' ').map((name) => ({
      ...row,
      what: `${status} ${name} to ${operation}`,
      faults: [{ effect: 'error' as const, operation, status, name, ...strike }],
    })),
  )
}

/** A row for each way of not answering that has no effect. */
function unanswered(operation: string, says: string, row: Pick<Row, 'lane' | 'readsBack' | 'countsRepeats'>): Row[] {
  return [
    { what: 'connections accepted and never answered', faults: [{ effect: 'hang', operation }], says, ...row },
    { what: 'connections cut before anything happens', faults: [{ effect: 'resetBefore', operation }], says, ...row },
    {
      ...row,
      what: 'the 502 of a proxy, in HTML',
      faults: [{ effect: 'html502', operation }],
      says: says.replace('got no answer', 'failed for now'),
    },
    ...[HTML, LATE_ERROR].map((body) => ({
      ...row,
      what: `a 200 with ${body === HTML ? 'the page of a proxy' : 'an error in it'}`,
      faults: [{ effect: 'falseSuccess' as const, operation, body }],
      says: says.replace('got no answer', 'failed for now: UnprovenAnswer'),
    })),
  ]
}
