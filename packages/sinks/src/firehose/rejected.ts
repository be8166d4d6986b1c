import type { PutRecordBatchCommandOutput } from '@aws-sdk/client-firehose'
import type { Rejected } from '../port.ts'

/**
 * The records that a successful PutRecordBatch did not take, by index: the answers stand in the order of the request.
 * Undefined if the answer does not say it in a way that can be trusted.
 * @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
 */
export function rejectedRecords(
  { FailedPutCount: failed, RequestResponses: answers }: Partial<PutRecordBatchCommandOutput>,
  count: number,
): readonly Rejected[] | undefined {
  if (failed === 0) return []
  if (failed === undefined || answers?.length !== count) return undefined
  const rejected = answers.flatMap(({ ErrorCode: reason }, index) =>
    reason === undefined ? [] : [{ index, reason, retryable: true }],
  )
  return rejected.length === failed ? rejected : undefined
}
