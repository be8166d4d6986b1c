import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { getEndpointFromInstructions } from '@smithy/core/endpoints'
import { type Answer, headerOf, NO_ETAG, UnprovenAnswer } from '../answer.ts'
import type { Verdict } from '../classify.ts'
import { createSend } from '../send.ts'
import type { Words } from '../service-error.ts'
import type { BuiltObject } from './object.ts'

/** What of a put is not the same for all stores. */
export type PutSettings = {
  readonly bucket: string
  readonly checksum: 'md5' | 'crc32' | 'none'
  readonly acl: 'bucket-owner-full-control' | 'none'
}

export type PutResult =
  | { readonly status: 'created' }
  /** `isNamed`: the store said so in its own words, not only by the status 412. */
  | { readonly status: 'exists'; readonly isNamed: boolean }
  | { readonly status: 'failed'; readonly verdict: Verdict }

export type PutObject = (object: BuiltObject, records: number, signal: AbortSignal | undefined) => Promise<PutResult>

/** Puts objects that must not be there yet: the request, what of the answer is believed, and what an error means. */
export function createPutObject(client: S3Client, { bucket, checksum, acl }: PutSettings): PutObject {
  const send = createSend(client, {
    service: 's3',
    method: 'PUT',
    query: { 'x-id': 'PutObject' },
    headers: {
      'content-type': 'application/gzip',
      'if-none-match': '*',
      ...(acl === 'none' ? {} : { 'x-amz-acl': acl }),
    },
    // It names the bucket, in its host or in its path.
    endpoint: () => getEndpointFromInstructions({ Bucket: bucket }, PutObjectCommand, client.config),
    wordsOf,
  })
  return async ({ key, body, metadata }, records, signal) => {
    const sent = await send({
      path: key.split('/').map(encodeURIComponent).join('/'),
      headers: { ...metadataHeaders(metadata), ...checksumHeaders(body, checksum) },
      body,
      prove: proveTaken,
      signal,
    })
    if (sent.ok) return { status: 'created' }
    const { verdict } = sent
    if (verdict.action === 'exists') return { status: 'exists', isNamed: verdict.name === 'PreconditionFailed' }
    return { status: 'failed', verdict: aboutTheHeader(aboutTheBucket(settledByStatus(verdict), records)) }
  }
}

/** S3 answers a put that it has taken with 200, an ETag and nothing else. An error that came too late stands in a body. */
function proveTaken(answer: Answer): void {
  const { status, body } = answer
  if (status === 200 && body.length > 0) throw new UnprovenAnswer(status, 'it has a body, where S3 sends none')
  proveETag(answer)
}

/** What S3 says of an object, taken or read, has its ETag; also a weak one, where something compresses on the way. */
export function proveETag(answer: Answer): void {
  if (answer.status !== 200) throw new UnprovenAnswer(answer.status, 'a success has 200')
  if (!/^(W\/)?"?[^"\s]+"?$/i.test(headerOf(answer, 'etag')?.trim() ?? '')) {
    throw new UnprovenAnswer(answer.status, 'it has no ETag', NO_ETAG)
  }
}

function metadataHeaders(metadata: BuiltObject['metadata']): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]))
}

/** A bucket with Object Lock takes nothing without one. */
function checksumHeaders(body: Buffer, kind: PutSettings['checksum']): Record<string, string> {
  switch (kind) {
    case 'md5':
      return { 'content-md5': hash('md5', body, 'base64') }
    case 'crc32': {
      const sum = Buffer.alloc(4)
      sum.writeUInt32BE(crc32(body))
      return { 'x-amz-checksum-crc32': sum.toString('base64') }
    }
    case 'none':
      return {}
  }
}

/** S3 says an error in XML. What has no such document is somebody else's answer, and names nothing. */
function wordsOf({ body }: Answer): Words {
  const document = /^(?:<\?xml[^>]*>\s*)?(?:<ErrorResponse[^>]*>\s*)?<Error(?:\s[^>]*)?>(.*)<\/Error>/s
  const error = document.exec(body.toString().trim())?.[1] ?? ''
  const textIn = (element: string) =>
    new RegExp(`<${element}>([^<]+)</${element}>`)
      .exec(error)?.[1]
      ?.replace(/&(amp|lt|gt|quot|apos);/g, (_, entity) => ENTITIES[entity] ?? '')
  return { name: textIn('Code'), message: textIn('Message'), header: textIn('Header') }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** A refusal without a name settles a put too: if it was taken after all, the repeat is answered by 412. */
function settledByStatus(verdict: Verdict): Verdict {
  const { status } = verdict
  return status !== undefined && status >= 300 && status < 500 ? { ...verdict, taken: 'no' } : verdict
}

/** S3 does not look into an object: what it calls invalid is the bucket's matter, unless a smaller object may pass. */
function aboutTheBucket(verdict: Verdict, records: number): Verdict {
  if (verdict.action !== 'split' && verdict.action !== 'doubt') return verdict
  const isTooLarge = verdict.name === 'EntityTooLarge' || verdict.status === 413
  return isTooLarge && records > 1 ? verdict : { ...verdict, action: 'hold' }
}

/** How to leave out a header that a store does not implement. */
const LEFT_OUT_BY: readonly (readonly [RegExp, string])[] = [
  [/^x-amz-acl$/, 'ROOMLOG_S3_ACL=none leaves it out'],
  [/^content-md5$/, 'ROOMLOG_S3_CHECKSUM=crc32 or none leaves it out'],
  [/checksum/, 'ROOMLOG_S3_CHECKSUM=md5 or none leaves it out'],
]

/** A 501 is about conditional writes only where the store's own text names no other header. */
function aboutTheHeader(verdict: Verdict): Verdict {
  const { header } = verdict
  if (header === undefined || header === 'if-none-match') return verdict
  const advice = LEFT_OUT_BY.find(([name]) => name.test(header))?.[1]
  const detail = `it does not implement the header ${header}${advice === undefined ? '' : `: ${advice}`}`
  return { ...verdict, class: 'invalid', action: 'hold', detail }
}
