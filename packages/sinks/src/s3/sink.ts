import assert from 'node:assert/strict'
import type { S3Client } from '@aws-sdk/client-s3'
import { type DestinationVersion, MessageId, objectKey, RoomId } from '@roomlog/domain'
import { failureOf, type Subject, writeOutcomeOf } from '../failure.ts'
import type { CheckOutcome, RecallOutcome, Sink, SinkOptions, SinkRecords, WriteOutcome } from '../port.ts'
import { singleAttempt } from '../single-attempt.ts'
import { createGzips, type Gzip } from './gzip.ts'
import { S3_LIMITS } from './limits.ts'
import { listObjects } from './list-objects.ts'
import { buildObject, keyOf } from './object.ts'
import { createProof } from './proof.ts'
import { createPutObject, type PutSettings } from './put-object.ts'
import { readIds, readOccupant } from './read-back.ts'
import { listRuns } from './runs.ts'

export type S3SinkOptions = {
  /** Created with `maxAttempts: 1`. */
  readonly client: S3Client
  readonly destination: DestinationVersion
  /** May be shared by sinks. @default one of its own, of level 5 */
  readonly gzip?: Gzip | undefined
  /** Sent with each object; a bucket with Object Lock takes none without. @default 'md5', as `Content-MD5` */
  readonly checksum?: PutSettings['checksum'] | undefined
  /** `none` for stores that refuse ACLs. @default 'bucket-owner-full-control' */
  readonly acl?: PutSettings['acl'] | undefined
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
export function createS3Sink({
  client,
  destination,
  gzip = ownGzip(),
  checksum = 'md5',
  acl = 'bucket-owner-full-control',
}: S3SinkOptions): Sink {
  assert.equal(destination.kind, 's3')
  const proven = createProof()
  const put = createPutObject(client, { bucket: destination.target, checksum, acl })
  const checkAttempts = singleAttempt(client)
  const subject: Subject = {
    kind: 's3',
    target: destination.target,
    region: destination.region,
    call: 'PutObject',
    permissions: acl === 'none' ? 's3:PutObject' : 's3:PutObject and s3:PutObjectAcl',
  }

  async function write(records: SinkRecords, { signal }: SinkOptions = {}): Promise<WriteOutcome> {
    const first = records.at(0)
    const last = records.at(-1)
    assert(first !== undefined && last !== undefined, 'a write has at least one record')
    assert.equal(first.roomId, last.roomId, 'an object holds records of one room')
    await checkAttempts()
    const object = await buildObject(records, first, last, { destination, gzip, signal })
    const result = await proven(
      () => put(object, records.length, signal),
      () => readOccupant({ client, destination }, object.key, first, signal),
    )
    switch (result.status) {
      case 'created':
        return { status: 'delivered' }
      case 'refused':
        return { ...result, scope: 'destination' }
      case 'failed':
        return writeOutcomeOf(result.verdict, subject)
      case 'occupied':
      case 'retry':
        return result
    }
  }

  async function recall(records: SinkRecords, { signal }: SinkOptions = {}): Promise<RecallOutcome> {
    const first = records.at(0)
    assert(first !== undefined, 'a recall has at least one record')
    const read = await readIds({ client, destination }, keyOf(first, destination), first, signal)
    if (read.status !== 'read') return read
    const held = new Set(read.ids)
    return { status: 'recalled', found: new Set(Array.from(records, ({ id }) => id).filter((id) => held.has(id))) }
  }

  async function check({ signal }: SinkOptions = {}): Promise<CheckOutcome> {
    // A HEAD would do for the first half, but its refusals have no body that says why.
    const { key, id } = nothing(destination)
    const listed = await listObjects({ client, destination }, { Prefix: key, MaxKeys: 1 }, signal)
    if (!listed.ok) {
      const failure = failureOf(listed.verdict, { ...subject, call: 'ListObjectsV2', permissions: 's3:ListBucket' })
      return { status: 'failed', failure }
    }
    const read = await readIds({ client, destination }, key, { id }, signal)
    return read.status === 'read' ? { status: 'ok' } : { status: 'failed', failure: read.failure }
  }

  const runs: Sink['runs'] = (wanted, { signal } = {}) => listRuns({ client, destination }, wanted, signal)

  return { kind: 's3', limits: S3_LIMITS, write, recall, runs, check }
}

function ownGzip(): Gzip {
  return createGzips({ level: GZIP_LEVEL, keptMax: GZIPS_KEPT_MAX })
}

/** Where objects of this destination lie, but of no room and from before there were any: nothing is there. */
function nothing({ accountId, region, id: destinationVersionId }: DestinationVersion) {
  const none = '000000000000'
  const [roomId, id] = [RoomId.parse(none), MessageId.parse(none)]
  return { key: objectKey({ accountId, region, roomId, timeMs: 0, position: 0, destinationVersionId, id }), id }
}
