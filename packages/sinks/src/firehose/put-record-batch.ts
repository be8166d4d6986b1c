import { type FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose'
import { type Answer, isJsonObject, jsonOf, UnprovenAnswer } from '../answer.ts'
import { type Attempt, attempt } from '../attempt.ts'
import type { Rejected, SinkRecords } from '../port.ts'
import type { Scratch } from '../scratch.ts'
import { createShortcut } from '../shortcut.ts'
import { batchBody, type StreamName } from './batch-body.ts'
import type { Packs } from './packs.ts'

export type PutRecordBatch = (
  name: StreamName,
  records: SinkRecords,
  packs: Packs,
  signal: AbortSignal | undefined,
) => Promise<Attempt<readonly Rejected[]>>

/** Puts packs of records: the request, and which packs the answer says were not taken. */
export function createPutRecordBatch(client: FirehoseClient, scratch: Scratch): PutRecordBatch {
  const shortcut = createShortcut(client)
  return async (name, records, packs, signal) => {
    const body = batchBody(name, records, packs, scratch.take)
    const command = new PutRecordBatchCommand({ ...name, Records: [] })
    const sent = await attempt(
      () =>
        shortcut({
          command,
          body,
          viaSdk: (options) => client.send(command, options),
          prove: (answer) => rejectedRecords(answer, packs.length),
          signal,
        }),
      signal,
    )
    // Only then: a call that failed may still be on its way out.
    if (sent.ok) scratch.give(body)
    return sent
  }
}

/**
 * The records that a successful PutRecordBatch did not take, by index: the answers stand in the order of the request. One
 * for each is the proof that the service saw them.
 * @see https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
 */
export function rejectedRecords(answer: Answer, count: number): readonly Rejected[] {
  const unproven = (reason: string) => new UnprovenAnswer(answer.status, reason)
  const { FailedPutCount: failed, RequestResponses: entries } = jsonOf(answer)
  if (!Array.isArray(entries) || entries.length !== count) {
    throw unproven(`it does not have one entry for each of ${count} records`)
  }
  const rejected: Rejected[] = []
  for (let index = 0; index < count; index += 1) {
    const entry: unknown = entries[index]
    const { ErrorCode: reason, RecordId: id } = isJsonObject(entry) ? entry : {}
    if (typeof reason === 'string') rejected.push({ index, reason, retryable: true })
    else if (typeof id !== 'string' || id === '')
      throw unproven('an entry says neither what was taken nor what was not')
  }
  if (rejected.length !== failed) throw unproven('its count of failures is not that of its entries')
  return rejected
}
