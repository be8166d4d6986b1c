import {
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3'
import { type Answer, UnprovenAnswer } from '../answer.ts'
import { ask } from '../ask.ts'
import type { Attempt } from '../attempt.ts'
import type { ObjectReader } from './read-back.ts'

/** One page of the bucket's keys. */
export async function listObjects(
  { client, destination }: ObjectReader,
  input: Omit<ListObjectsV2CommandInput, 'Bucket'>,
  signal: AbortSignal | undefined,
): Promise<Attempt<ListObjectsV2CommandOutput>> {
  const command = new ListObjectsV2Command({ ...input, Bucket: destination.target })
  const listed = await ask(command, (options) => client.send(command, options), { prove, signal })
  return listed.ok ? { ok: true, value: listed.value.output } : listed
}

/** An empty list is believed only of a store that answers as S3 does. */
function prove({ status, body }: Answer): void {
  if (status === 200 && body.includes('<ListBucketResult')) return
  throw new UnprovenAnswer(status, 'it is no list of objects')
}
