import assert from 'node:assert/strict'
import { HeadBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { DestinationVersion } from '@roomlog/domain'
import type { HttpHandlerOptions } from '@smithy/types'
import { attempt, sendOptions } from '../attempt.ts'
import type { Verdict } from '../classify.ts'
import { failureOf, type Subject, writeOutcomeOf } from '../failure.ts'
import type { CheckOutcome, RecallOutcome, Sink, SinkOptions, SinkRecords, WriteOutcome } from '../port.ts'
import { createShortcut } from '../shortcut.ts'
import { singleAttempt } from '../single-attempt.ts'
import { createGzips, type Gzip } from './gzip.ts'
import { S3_LIMITS } from './limits.ts'
import { type BuiltObject, buildObject, keyOf } from './object.ts'
import { createProof, type PutResult } from './proof.ts'
import { readIds, readOccupant } from './read-back.ts'
import { listRuns } from './runs.ts'

export type S3SinkOptions = {
  /** Created with `maxAttempts: 1`. */
  readonly client: S3Client
  readonly destination: DestinationVersion
  /** May be shared by sinks. @default one of its own, of level 5 */
  readonly gzip?: Gzip | undefined
}

const GZIP_LEVEL = 5
const GZIPS_KEPT_MAX = 4

/**
 * A sink that writes each run of a room's records as one gzipped object that is never overwritten. The records of a
 * write lie within one hour (UTC), and the caller sees to it.
 *
 * @example
 * const sink = createS3Sink({ client: new S3Client({ maxAttempts: 1 }), destination })
 * const outcome = await sink.write(records, { signal: AbortSignal.timeout(30_000) })
 */
export function createS3Sink({ client, destination, gzip = ownGzip() }: S3SinkOptions): Sink {
  assert.equal(destination.kind, 's3')
  const proven = createProof()
  const shortcut = createShortcut(client, { whole: () => true })
  const checkAttempts = singleAttempt(client)
  const subject: Subject = {
    kind: 's3',
    target: destination.target,
    region: destination.region,
    call: 'PutObject',
    permissions: 's3:PutObject and s3:PutObjectAcl',
  }

  async function put(object: BuiltObject, records: number, signal: AbortSignal | undefined): Promise<PutResult> {
    const command = putCommand(object, destination.target)
    const viaSdk = (options?: HttpHandlerOptions) => client.send(command, options)
    const call = { input: command.input, body: object.body, ...ownPartOf(object), viaSdk, signal }
    const sent = await attempt(() => shortcut(call), signal)
    if (sent.ok) return { status: 'created' }
    const verdict = aboutTheBucket(settledByStatus(sent.verdict), records)
    return verdict.action === 'exists' ? { status: 'exists' } : { status: 'failed', verdict }
  }

  async function write(records: SinkRecords, { signal }: SinkOptions = {}): Promise<WriteOutcome> {
    const first = records.at(0)
    const last = records.at(-1)
    assert(first !== undefined && last !== undefined, 'a write has at least one record')
    assert.equal(first.roomId, last.roomId, 'an object holds records of one room')
    await checkAttempts()
    const object = await buildObject(records, first, last, { destination, gzip, signal })
    const result = await proven(() => put(object, records.length, signal))
    switch (result.status) {
      case 'created':
        return { status: 'delivered' }
      case 'exists': {
        const found = await readOccupant({ client, destination }, object.key, signal)
        return found.status === 'refused' ? { ...found, scope: 'destination' } : found
      }
      case 'failed':
        return writeOutcomeOf(result.verdict, subject)
    }
  }

  async function recall(records: SinkRecords, { signal }: SinkOptions = {}): Promise<RecallOutcome> {
    const first = records.at(0)
    assert(first !== undefined, 'a recall has at least one record')
    const read = await readIds({ client, destination }, keyOf(first, destination), signal)
    if (read.status !== 'read') return read
    const held = new Set(read.ids)
    return { status: 'recalled', found: new Set(Array.from(records, ({ id }) => id).filter((id) => held.has(id))) }
  }

  async function check({ signal }: SinkOptions = {}): Promise<CheckOutcome> {
    const command = new HeadBucketCommand({ Bucket: destination.target })
    const head = await attempt(() => client.send(command, sendOptions(signal)), signal)
    if (head.ok) return { status: 'ok' }
    const failure = failureOf(head.verdict, { ...subject, call: 'HeadBucket', permissions: 's3:ListBucket' })
    return { status: 'failed', failure }
  }

  const runs: Sink['runs'] = (wanted, { signal } = {}) => listRuns({ client, destination }, wanted, signal)

  return { kind: 's3', batchOf: 'room', limits: S3_LIMITS, write, recall, runs, check }
}

function ownGzip(): Gzip {
  return createGzips({ level: GZIP_LEVEL, keptMax: GZIPS_KEPT_MAX })
}

function putCommand({ key, body, metadata }: BuiltObject, bucket: string): PutObjectCommand {
  return new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: body,
    IfNoneMatch: '*',
    ACL: 'bucket-owner-full-control',
    ContentType: 'application/gzip',
    Metadata: { ...metadata },
  })
}

/** What differs between the requests of two puts, as the SDK writes it. */
function ownPartOf({ key, metadata }: BuiltObject): { pathEnd: string; headers: Record<string, string> } {
  return {
    pathEnd: key.split('/').map(encodeURIComponent).join('/'),
    headers: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value])),
  }
}

/** A refusal without a name settles a put too: if it was taken after all, the repeat is answered by 412. */
function settledByStatus(verdict: Verdict): Verdict {
  const { status } = verdict
  return status !== undefined && status >= 300 && status < 500 ? { ...verdict, taken: 'no' } : verdict
}

/** S3 does not look into an object: what it calls invalid is the bucket's matter, unless a smaller object may pass. */
function aboutTheBucket(verdict: Verdict, records: number): Verdict {
  if (verdict.action !== 'split') return verdict
  const isTooLarge = verdict.name === 'EntityTooLarge' || verdict.status === 413
  return isTooLarge && records > 1 ? verdict : { ...verdict, action: 'hold' }
}
