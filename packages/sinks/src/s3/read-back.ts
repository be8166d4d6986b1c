import { addAbortSignal, Readable } from 'node:stream'
import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { DestinationVersion, MessageId } from '@roomlog/domain'
import { attempt, sendOptions } from '../attempt.ts'
import type { Verdict } from '../classify.ts'
import { metricOf, type ReadFailure, readOutcomeOf, type Subject } from '../failure.ts'
import type { Occupant } from '../port.ts'
import { occupantOf } from './metadata.ts'
import { idsOf } from './object.ts'

export type ObjectReader = { readonly client: S3Client; readonly destination: DestinationVersion }

/** Which run the object at `key` holds: from its metadata, else from its records. */
export async function readOccupant(
  reader: ObjectReader,
  key: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly status: 'occupied'; readonly occupant: Occupant } | ReadFailure> {
  const { client, destination } = reader
  const command = new HeadObjectCommand({ Bucket: destination.target, Key: key })
  const head = await attempt(() => client.send(command, sendOptions(signal)), signal)
  if (!head.ok) return readFailure(head.verdict, destination, 'HeadObject')
  const occupant = occupantOf(key, head.value.Metadata)
  if (occupant !== undefined) return { status: 'occupied', occupant }
  const read = await readIds(reader, key, signal)
  if (read.status !== 'read') return read
  const [first] = read.ids
  const last = read.ids.at(-1)
  // Gone between the two calls.
  if (first === undefined || last === undefined) return readFailure(VANISHED, destination, 'GetObject')
  const ends = { first: { position: undefined, id: first }, last: { position: undefined, id: last } }
  return { status: 'occupied', occupant: { key, ...ends } }
}

/** Ids of the records of the object at `key`, in order; none if there is no object. */
export async function readIds(
  { client, destination }: ObjectReader,
  key: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly status: 'read'; readonly ids: readonly MessageId[] } | ReadFailure> {
  const body = await attempt(async () => {
    const object = await client.send(
      new GetObjectCommand({ Bucket: destination.target, Key: key }),
      sendOptions(signal),
    )
    if (signal !== undefined && object.Body instanceof Readable) addAbortSignal(signal, object.Body)
    return object.Body?.transformToByteArray()
  }, signal)
  if (!body.ok) {
    if (body.verdict.name === 'NoSuchKey') return { status: 'read', ids: [] }
    return readFailure(body.verdict, destination, 'GetObject')
  }
  const ids = body.value === undefined ? undefined : await idsOf(body.value)
  return ids === undefined ? foreignObject(destination, key) : { status: 'read', ids }
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
