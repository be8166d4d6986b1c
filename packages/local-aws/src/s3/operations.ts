import { AwsError } from '../aws-error.ts'
import { type Bending, type Call, header, readBody } from '../call.ts'
import { type Reply, xml } from '../reply.ts'
import type { Buckets } from './buckets.ts'
import { s3Error } from './error.ts'
import { getObject, headObject } from './get-object.ts'
import { DELETE_KEYS_MAX, KEY_BYTES_MAX, POLICY_BYTES_MAX } from './limits.ts'
import { listObjects } from './list-objects.ts'
import type { ObjectStore } from './object-store.ts'
import { putObject } from './put-object.ts'
import { element, elementsNamed, escapeXml, textOf } from './xml.ts'

export type S3 = { readonly buckets: Buckets; readonly objects: ObjectStore; readonly now: () => number }

/** What a path-style S3 request asks for. */
export type S3Request = { readonly operation: string; readonly bucket: string; readonly key: string }

/** Names the operation; `undefined` for those that the stand-in does not have. */
export function s3Request(call: Call): S3Request | undefined {
  const [bucket = '', key] = splitPath(call.path)
  const kind = key === '' ? (bucket === '' ? 'service' : 'bucket') : 'object'
  const sub = SUBRESOURCES.find((name) => call.query.has(name)) ?? ''
  const listing = kind === 'bucket' && call.query.get('list-type') === '2' ? 'list-type' : sub
  const operation = OPERATIONS[`${call.method} ${kind}${listing === '' ? '' : `?${listing}`}`]
  return operation === undefined ? undefined : { operation, bucket, key }
}

/** Runs one S3 operation. */
export async function runS3(s3: S3, call: Call, request: S3Request | undefined, bending: Bending): Promise<Reply> {
  if (request === undefined) throw s3Error('NotImplemented', 'The stand-in does not have this S3 operation.')
  const { operation, bucket: name, key } = request
  if (Buffer.byteLength(key) > KEY_BYTES_MAX) throw s3Error('KeyTooLongError', 'Your key is too long')
  if (operation === 'ListBuckets') return listBuckets(s3)
  if (operation === 'CreateBucket') {
    await s3.buckets.create(name, await wantedRegion(call))
    return { status: 200, headers: { location: `/${name}` } }
  }
  const bucket = s3.buckets.get(name)
  switch (operation) {
    case 'HeadBucket':
      return { status: 200, headers: { 'x-amz-bucket-region': bucket.region } }
    case 'DeleteBucket':
      await s3.buckets.remove(name)
      return { status: 204 }
    case 'GetBucketLocation': {
      const region = bucket.region === 'us-east-1' ? '' : bucket.region
      return xml(`<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${region}</LocationConstraint>`)
    }
    case 'GetBucketPolicy':
      if (bucket.policy === undefined) throw s3Error('NoSuchBucketPolicy', 'The bucket policy does not exist')
      return { status: 200, headers: { 'content-type': 'application/json' }, body: bucket.policy }
    case 'PutBucketPolicy':
      await s3.buckets.setPolicy(name, await policyOf(call))
      return { status: 204 }
    case 'DeleteBucketPolicy':
      await s3.buckets.setPolicy(name, undefined)
      return { status: 204 }
    case 'ListObjectsV2':
      return listObjects(s3.objects, bucket, call)
    case 'DeleteObjects':
      return deleteObjects(s3, name, call)
    case 'PutObject':
      return putObject(s3, bucket, key, call, bending)
    case 'GetObject':
      return getObject(s3.objects, bucket, key, call)
    case 'HeadObject':
      return headObject(s3.objects, bucket, key, call)
    case 'DeleteObject':
      await s3.objects.remove(bucket, key)
      return { status: 204 }
    default:
      throw s3Error('NotImplemented', `${operation} is not supported.`)
  }
}

/** An error in S3's XML; a HEAD request has no body, there the status alone speaks. */
export function s3ErrorReply(error: AwsError, call: Call): Reply {
  if (call.method === 'HEAD' || error.status === 304) return { status: error.status }
  return xml(
    `<Error>${element('Code', error.name)}${element('Message', error.message)}${element('Resource', call.path)}${element('RequestId', call.requestId)}</Error>`,
    error.status,
  )
}

const OPERATIONS: Readonly<Record<string, string>> = {
  'GET service': 'ListBuckets',
  'PUT bucket': 'CreateBucket',
  'HEAD bucket': 'HeadBucket',
  'DELETE bucket': 'DeleteBucket',
  'GET bucket?location': 'GetBucketLocation',
  'GET bucket?policy': 'GetBucketPolicy',
  'PUT bucket?policy': 'PutBucketPolicy',
  'DELETE bucket?policy': 'DeleteBucketPolicy',
  'GET bucket?list-type': 'ListObjectsV2',
  'POST bucket?delete': 'DeleteObjects',
  'PUT object': 'PutObject',
  'GET object': 'GetObject',
  'HEAD object': 'HeadObject',
  'DELETE object': 'DeleteObject',
}

/** Query members that make another operation of a request, known here or not. */
const SUBRESOURCES = [
  ...['location', 'policy', 'delete', 'acl', 'cors', 'lifecycle', 'versioning', 'versions', 'tagging', 'uploads'],
  ...['uploadId', 'partNumber', 'versionId', 'encryption', 'logging', 'notification', 'replication', 'website'],
  ...['object-lock', 'ownershipControls', 'publicAccessBlock', 'policyStatus', 'retention', 'legal-hold', 'attributes'],
  ...['select', 'restore', 'torrent', 'accelerate', 'analytics', 'inventory', 'metrics', 'requestPayment', 'append'],
] as const

function splitPath(path: string): [string, string] {
  const slash = path.indexOf('/', 1)
  try {
    if (slash < 0) return [decodeURIComponent(path.slice(1)), '']
    return [decodeURIComponent(path.slice(1, slash)), decodeURIComponent(path.slice(slash + 1))]
  } catch {
    throw new AwsError(400, 'InvalidURI', "Couldn't parse the specified URI.")
  }
}

async function wantedRegion(call: Call): Promise<string> {
  const document = (await readBody(call, 64 * 1024)).toString('utf8')
  const scope = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(header(call, 'authorization') ?? '')?.[1]
  return textOf(document, 'LocationConstraint') ?? scope ?? 'us-east-1'
}

async function policyOf(call: Call): Promise<string> {
  const text = (await readBody(call, 1024 * 1024)).toString('utf8')
  if (Buffer.byteLength(text) > POLICY_BYTES_MAX) throw s3Error('InvalidArgument', 'The policy is larger than 20 KB.')
  try {
    JSON.parse(text)
  } catch {
    throw s3Error('MalformedPolicy', 'Policies must be valid JSON and the first byte must be {')
  }
  return text
}

function listBuckets(s3: S3): Reply {
  const buckets = s3.buckets.all().map((bucket) => {
    return `<Bucket>${element('Name', bucket.name)}${element('CreationDate', new Date(bucket.createdMs).toISOString())}</Bucket>`
  })
  return xml(
    `<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Buckets>${buckets.join('')}</Buckets></ListAllMyBucketsResult>`,
  )
}

async function deleteObjects(s3: S3, name: string, call: Call): Promise<Reply> {
  const document = (await readBody(call, 4 * 1024 * 1024)).toString('utf8')
  const keys = elementsNamed(document, 'Object').map((object) => textOf(object, 'Key'))
  if (keys.length === 0 || keys.length > DELETE_KEYS_MAX) {
    throw s3Error('MalformedXML', 'The XML you provided was not well-formed or did not validate against our schema')
  }
  const quiet = textOf(document, 'Quiet') === 'true'
  const deleted: string[] = []
  for (const key of keys) {
    if (key === undefined) throw s3Error('MalformedXML', 'An object has no key.')
    await s3.objects.remove(s3.buckets.get(name), key)
    if (!quiet) deleted.push(`<Deleted><Key>${escapeXml(key)}</Key></Deleted>`)
  }
  return xml(`<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${deleted.join('')}</DeleteResult>`)
}
