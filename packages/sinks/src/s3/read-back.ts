import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { DestinationVersion, MessageId } from '@roomlog/domain'
import type { Answer } from '../answer.ts'
import { ask } from '../ask.ts'
import type { Verdict } from '../classify.ts'
import { metricOf, type ReadFailure, readOutcomeOf, type Subject } from '../failure.ts'
import type { SinkRecord } from '../port.ts'
import { OBJECT_BYTES_MAX } from './limits.ts'
import { occupantOf } from './metadata.ts'
import { idsOf } from './object.ts'
import type { Occupied } from './proof.ts'
import { proveETag } from './put-object.ts'

export type ObjectReader = { readonly client: S3Client; readonly destination: DestinationVersion }

/** Which run, from `expected` on if that is known, the object at `key` holds: from its metadata, else from its records. */
export async function readOccupant(
  reader: ObjectReader,
  key: string,
  expected: SinkRecord | undefined,
  signal: AbortSignal | undefined,
): Promise<Occupied | ReadFailure> {
  const { client, destination } = reader
  const command = new HeadObjectCommand({ Bucket: destination.target, Key: key })
  const head = await ask(command, (options) => client.send(command, options), { prove: proveETag, signal })
  if (!head.ok) return readFailure(head.verdict, destination, 'HeadObject')
  const occupant = occupantOf(key, head.value.output.Metadata)
  // The key is made of the first record: metadata that name another are of no object that was written here.
  const isExpected =
    expected === undefined || (occupant?.first.position === expected.position && occupant.first.id === expected.id)
  if (occupant !== undefined && isExpected) return { status: 'occupied', occupant }
  const read = await readIds(reader, key, expected, signal)
  if (read.status !== 'read') return read
  const [first] = read.ids
  const last = read.ids.at(-1)
  // Gone between the two calls.
  if (first === undefined || last === undefined) return readFailure(VANISHED, destination, 'GetObject')
  const ends = { first: { position: undefined, id: first }, last: { position: undefined, id: last } }
  return { status: 'occupied', occupant: { key, ...ends } }
}

/** What does not become smaller by compression becomes a little larger. */
const BODY_BYTES_MAX = OBJECT_BYTES_MAX + 1024 * 1024

/** Ids of the records of the object at `key`, in order, from `expected` on; none if there is no object. */
export async function readIds(
  { client, destination }: ObjectReader,
  key: string,
  expected: Pick<SinkRecord, 'id'> | undefined,
  signal: AbortSignal | undefined,
): Promise<{ readonly status: 'read'; readonly ids: readonly MessageId[] } | ReadFailure> {
  const command = new GetObjectCommand({ Bucket: destination.target, Key: key })
  const prove = (answer: Answer) => {
    proveETag(answer)
    return answer.body
  }
  const belief = { prove, bytesMax: BODY_BYTES_MAX, signal }
  const got = await ask(command, (options) => client.send(command, options), belief)
  if (!got.ok) {
    const { name, status } = got.verdict
    // Only S3's own word for it: any other 404 may be a proxy's.
    if (name === 'NoSuchKey' && status === 404) return { status: 'read', ids: [] }
    return readFailure(got.verdict, destination, 'GetObject')
  }
  const ids = await idsOf(got.value.proven)
  const isOurs = ids?.[0] !== undefined && (expected === undefined || ids[0] === expected.id)
  return isOurs ? { status: 'read', ids } : foreignObject(destination, key)
}

const VANISHED: Verdict = {
  class: 'transient',
  action: 'retry',
  taken: 'no',
  name: 'NoSuchKey',
  status: 404,
  detail: undefined,
}

export function readFailure(verdict: Verdict, { target, region }: DestinationVersion, call: string): ReadFailure {
  const subject: Subject = { kind: 's3', target, region, call, permissions: 's3:GetObject and s3:ListBucket' }
  // The bucket has just answered, so what is missing is the object, and the next write may create it.
  return readOutcomeOf(verdict.name === 'NotFound' ? VANISHED : verdict, subject)
}

function foreignObject({ target }: DestinationVersion, key: string): ReadFailure {
  const message = `S3 bucket ${target} has an object that is not of Roomlog where records belong: ${key}. Move it away.`
  return {
    status: 'refused',
    failure: { class: 'invalid', name: 'ForeignObject', message, metric: metricOf('invalid') },
  }
}
