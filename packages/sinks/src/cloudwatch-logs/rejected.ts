import type { RejectedLogEventsInfo } from '@aws-sdk/client-cloudwatch-logs'
import type { Rejected } from '../port.ts'

/**
 * The events that a successful PutLogEvents did not take, by index. Ends are exclusive, the start is inclusive.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_RejectedLogEventsInfo.html
 */
export function rejectedEvents(info: RejectedLogEventsInfo | undefined, count: number): readonly Rejected[] {
  if (info === undefined) return []
  const tooOldEnd = info.tooOldLogEventEndIndex ?? 0
  const expiredEnd = info.expiredLogEventEndIndex ?? 0
  const tooNewStart = info.tooNewLogEventStartIndex ?? count
  const rejected: Rejected[] = []
  for (let index = 0; index < count; index += 1) {
    const reason = reasonOf(index, { tooOldEnd, expiredEnd, tooNewStart })
    if (reason !== undefined) rejected.push({ index, reason, retryable: false })
  }
  return rejected
}

type Bounds = { readonly tooOldEnd: number; readonly expiredEnd: number; readonly tooNewStart: number }

function reasonOf(index: number, { tooOldEnd, expiredEnd, tooNewStart }: Bounds): string | undefined {
  if (index < tooOldEnd) return "too old (over 14 days or the log group's retention)"
  if (index < expiredEnd) return "expired (over the log group's retention)"
  return index >= tooNewStart ? 'too new (more than 2 hours ahead)' : undefined
}
