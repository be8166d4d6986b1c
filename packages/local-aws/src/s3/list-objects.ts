import type { Call } from '../call.ts'
import { type Reply, xml } from '../reply.ts'
import type { Bucket } from './buckets.ts'
import { s3Error } from './error.ts'
import { toByteString } from './key-index.ts'
import { LIST_KEYS_MAX } from './limits.ts'
import type { ObjectInfo } from './object-info.ts'
import type { ObjectStore } from './object-store.ts'
import { element } from './xml.ts'

/** ListObjectsV2, in the order of the keys' UTF-8 bytes. */
export async function listObjects(objects: ObjectStore, bucket: Bucket, call: Call): Promise<Reply> {
  const { query } = call
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const startAfter = query.get('start-after') ?? ''
  const token = query.get('continuation-token')
  const keysMax = keysMaxOf(query)
  const encode = query.get('encoding-type') === 'url' ? encodeKey : (key: string) => key

  const from = token === null ? (startAfter === '' ? '' : `${toByteString(startAfter)}\0`) : fromToken(token)
  const page = bucket.keys.list({ prefix, delimiter, from, keysMax })
  const listed = await Promise.all(page.keys.map((key) => objects.info(bucket, key)))

  return xml(
    [
      '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
      element('Name', bucket.name),
      element('Prefix', encode(prefix)),
      delimiter === '' ? '' : element('Delimiter', encode(delimiter)),
      startAfter === '' ? '' : element('StartAfter', encode(startAfter)),
      query.has('encoding-type') ? element('EncodingType', 'url') : '',
      token === null ? '' : element('ContinuationToken', token),
      page.next === undefined ? '' : element('NextContinuationToken', toToken(page.next)),
      element('KeyCount', page.keys.length + page.commonPrefixes.length),
      element('MaxKeys', keysMax),
      element('IsTruncated', page.next !== undefined),
      ...listed.map((info) => (info === undefined ? '' : contents(info, encode))),
      ...page.commonPrefixes.map((common) => `<CommonPrefixes>${element('Prefix', encode(common))}</CommonPrefixes>`),
      '</ListBucketResult>',
    ].join(''),
  )
}

function contents(info: ObjectInfo, encode: (key: string) => string): string {
  return [
    '<Contents>',
    element('Key', encode(info.key)),
    element('LastModified', new Date(info.lastModified).toISOString()),
    element('ETag', `"${info.etag}"`),
    element('Size', info.size),
    element('StorageClass', 'STANDARD'),
    '</Contents>',
  ].join('')
}

function keysMaxOf(query: URLSearchParams): number {
  const asked = query.get('max-keys')
  if (asked === null) return LIST_KEYS_MAX
  if (!/^\d+$/.test(asked)) throw s3Error('InvalidArgument', 'Provided max-keys not an integer or within integer range')
  return Math.min(Number(asked), LIST_KEYS_MAX)
}

function toToken(next: string): string {
  return Buffer.from(next, 'latin1').toString('base64url')
}

function fromToken(token: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(token)) throw s3Error('InvalidArgument', 'The continuation token provided is incorrect')
  return Buffer.from(token, 'base64url').toString('latin1')
}

function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/')
}
