import { type Bending, type Call, header } from '../call.ts'
import type { Reply } from '../reply.ts'
import { decodeAwsChunked } from './aws-chunked.ts'
import type { Bucket } from './buckets.ts'
import { CHECKSUMS, type ChecksumName, type Digest, digest, isChecksumName } from './checksum.ts'
import { s3Error } from './error.ts'
import { CANNED_ACLS, METADATA_BYTES_MAX, PUT_BYTES_MAX } from './limits.ts'
import type { Condition, ObjectStore } from './object-store.ts'

/** Stores one object, having checked every checksum that came with it. */
export async function putObject(
  context: { objects: ObjectStore; now: () => number },
  bucket: Bucket,
  key: string,
  call: Call,
  bending: Bending,
): Promise<Reply> {
  refuseUnsupported(call)
  const acl = aclOf(call)
  const headers = storedHeaders(call)
  const condition = conditionOf(call, bending)
  const expected = expectations(call)
  const trailers = new Map<string, string>()
  const body = expected.chunked ? decodeAwsChunked(call.body, trailers) : call.body

  const digests = new Map<ChecksumName, Digest>()
  for (const name of expected.algorithms) digests.set(name, digest(name))
  const staged = await context.objects.stage(
    body,
    (bytes) => {
      for (const one of digests.values()) one.update(bytes)
    },
    PUT_BYTES_MAX,
  )
  try {
    if (expected.length !== undefined && staged.size !== expected.length) {
      throw s3Error('IncompleteBody', 'You did not provide the number of bytes specified by the Content-Length header.')
    }
    const found = new Map([...digests].map(([name, one]) => [name, one.bytes().toString('base64')]))
    const etag = staged.md5.toString('hex')
    verify(call, trailers, found, staged.md5, etag, expected.sha256Hex)
    const checksums = checksumHeaders(call, trailers, found)
    await context.objects.commit(
      bucket,
      { key, size: staged.size, etag, lastModified: context.now(), headers: { ...headers, ...checksums }, acl },
      staged,
      condition,
    )
    return { status: 200, headers: { etag: `"${etag}"`, ...checksums } }
  } catch (error) {
    await context.objects.discard(staged)
    throw error
  }
}

function refuseUnsupported(call: Call) {
  if (header(call, 'x-amz-copy-source') !== undefined) throw s3Error('NotImplemented', 'CopyObject is not supported.')
  const length = header(call, 'content-length')
  if (length === undefined && header(call, 'x-amz-decoded-content-length') === undefined) {
    throw s3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.')
  }
  if (Number(length ?? header(call, 'x-amz-decoded-content-length')) > PUT_BYTES_MAX) {
    throw s3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size')
  }
}

function aclOf(call: Call): string {
  const acl = header(call, 'x-amz-acl') ?? 'private'
  if (!CANNED_ACLS.has(acl)) throw s3Error('InvalidArgument', `${acl} is not a canned ACL.`)
  return acl
}

const KEPT_HEADERS = ['content-type', 'content-disposition', 'content-language', 'cache-control', 'expires'] as const

function storedHeaders(call: Call): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of KEPT_HEADERS) {
    const value = header(call, name)
    if (value !== undefined) headers[name] = value
  }
  const encodings = (header(call, 'content-encoding') ?? '').split(',').map((one) => one.trim())
  const encoding = encodings.filter((one) => one !== '' && one !== 'aws-chunked').join(',')
  if (encoding !== '') headers['content-encoding'] = encoding
  let metadataBytes = 0
  for (const [name, value] of Object.entries(call.headers)) {
    if (!name.startsWith('x-amz-meta-') || typeof value !== 'string') continue
    headers[name] = value
    metadataBytes += name.length - 'x-amz-meta-'.length + Buffer.byteLength(value, 'latin1')
  }
  if (metadataBytes > METADATA_BYTES_MAX) {
    throw s3Error('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size')
  }
  return headers
}

function conditionOf(call: Call, bending: Bending): Condition {
  const ifNoneMatch = header(call, 'if-none-match')
  const ifMatch = header(call, 'if-match')
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    throw s3Error('NotImplemented', 'If-None-Match on PutObject takes only *.')
  }
  return {
    ifNoneMatch: ifNoneMatch === '*' && bending.ignoreIfNoneMatch !== true,
    ...(ifMatch === undefined ? {} : { ifMatch: ifMatch.startsWith('"') ? ifMatch : `"${ifMatch}"` }),
  }
}

type Expectations = {
  readonly chunked: boolean
  readonly length: number | undefined
  /** `x-amz-content-sha256` when it is a digest. */
  readonly sha256Hex: string | undefined
  readonly algorithms: ReadonlySet<ChecksumName>
}

function expectations(call: Call): Expectations {
  const contentSha256 = header(call, 'x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD'
  const chunked = contentSha256.startsWith('STREAMING-')
  const length = header(call, chunked ? 'x-amz-decoded-content-length' : 'content-length')
  const sha256Hex = /^[0-9a-f]{64}$/.test(contentSha256) ? contentSha256 : undefined
  const algorithms = new Set<ChecksumName>(CHECKSUMS.filter((name) => header(call, `x-amz-checksum-${name}`)))
  const trailer = /^x-amz-checksum-(.+)$/.exec(header(call, 'x-amz-trailer') ?? '')?.[1]
  const asked = trailer ?? header(call, 'x-amz-sdk-checksum-algorithm')?.toLowerCase()
  if (asked !== undefined) {
    if (!isChecksumName(asked)) throw s3Error('NotImplemented', `The checksum ${asked} is not supported here.`)
    algorithms.add(asked)
  }
  if (sha256Hex !== undefined) algorithms.add('sha256')
  return { chunked, length: length === undefined ? undefined : Number(length), sha256Hex, algorithms }
}

function verify(
  call: Call,
  trailers: ReadonlyMap<string, string>,
  found: ReadonlyMap<ChecksumName, string>,
  md5: Buffer,
  etag: string,
  sha256Hex: string | undefined,
) {
  const contentMd5 = header(call, 'content-md5')
  if (contentMd5 !== undefined && contentMd5 !== md5.toString('base64')) {
    throw s3Error('BadDigest', `The Content-MD5 you specified did not match what we received (${etag}).`)
  }
  if (sha256Hex !== undefined && Buffer.from(found.get('sha256') ?? '', 'base64').toString('hex') !== sha256Hex) {
    throw s3Error(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    )
  }
  for (const [name, value] of found) {
    const sent = header(call, `x-amz-checksum-${name}`) ?? trailers.get(`x-amz-checksum-${name}`)
    if (sent !== undefined && sent !== value) {
      throw s3Error('BadDigest', `The ${name.toUpperCase()} you specified did not match the calculated checksum.`)
    }
  }
  const promised = header(call, 'x-amz-trailer')
  if (promised?.startsWith('x-amz-checksum-') && !trailers.has(promised)) {
    throw s3Error('InvalidRequest', `The trailer ${promised} is missing.`)
  }
}

/** The checksum that the client sent is the object's; S3 computes a CRC64 when there is none, we do not. */
function checksumHeaders(
  call: Call,
  trailers: ReadonlyMap<string, string>,
  found: ReadonlyMap<ChecksumName, string>,
): Record<string, string> {
  for (const [name, value] of found) {
    const sent = header(call, `x-amz-checksum-${name}`) ?? trailers.get(`x-amz-checksum-${name}`)
    if (sent !== undefined) return { [`x-amz-checksum-${name}`]: value, 'x-amz-checksum-type': 'FULL_OBJECT' }
  }
  return {}
}
