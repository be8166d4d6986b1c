import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { AwsError } from './aws-error.ts'
import { type Call, header, type Service } from './call.ts'
import { CLOCK_SKEW_MAX_MS } from './s3/limits.ts'

/** Without an id, any that signs with the secret: the ids then tell callers apart. */
export type Credentials = { readonly accessKeyId?: string | undefined; readonly secretAccessKey: string }

/** Checks the request's signature, version 4 in the Authorization header; throws what the service would answer. */
export function checkSignature(
  call: Call,
  service: Service,
  body: Buffer | undefined,
  credentials: Credentials,
  now: number,
) {
  const refuse = (kind: keyof typeof REFUSALS, message: string) => {
    const [s3Name, jsonName] = REFUSALS[kind]
    return service === 's3' ? new AwsError(403, s3Name, message) : new AwsError(400, jsonName, message)
  }
  const match = AUTHORIZATION.exec(header(call, 'authorization') ?? '')
  if (match === null) throw refuse('missing', 'The request is not signed.')
  const [, accessKeyId = '', day = '', region = '', name = '', signedHeaders = '', signature = ''] = match
  if (credentials.accessKeyId !== undefined && accessKeyId !== credentials.accessKeyId) {
    throw refuse('unknown', 'The security token is not valid.')
  }
  // What is signed for another server must not count here.
  if (!signedHeaders.split(';').includes('host')) throw refuse('wrong', 'The header host must be signed.')

  const time = header(call, 'x-amz-date') ?? ''
  const sentMs = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (!(Math.abs(sentMs - now) <= CLOCK_SKEW_MAX_MS)) {
    throw refuse('skewed', `Signature expired: ${time} is too far from ${new Date(now).toISOString()}`)
  }

  const hash = service === 's3' ? (header(call, 'x-amz-content-sha256') ?? '') : sha256(body ?? '')
  const scope = `${day}/${region}/${name}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonicalRequest(call, signedHeaders, hash))].join('\n')
  let key = hmac(`AWS4${credentials.secretAccessKey}`, day)
  for (const part of [region, name, 'aws4_request']) key = hmac(key, part)
  const expected = hmac(key, text)
  const sent = Buffer.from(signature, 'hex')
  if (sent.length !== expected.length || !timingSafeEqual(sent, expected)) {
    throw refuse('wrong', 'The request signature we calculated does not match the signature you provided.')
  }
}

/** Whether a call of the stand-in's own endpoints carries the secret itself, as `Bearer <secret>`. */
export function carriesSecret(call: Call, { secretAccessKey }: Credentials): boolean {
  // Hashed first: what is compared is then of one length, whatever was sent.
  const [sent, expected] = [header(call, 'authorization') ?? '', `Bearer ${secretAccessKey}`].map((text) =>
    createHash('sha256').update(text).digest(),
  )
  return sent !== undefined && expected !== undefined && timingSafeEqual(sent, expected)
}

/** Whose request it says it is, unchecked. */
export function accessKeyIdOf(call: Call): string | undefined {
  return AUTHORIZATION.exec(header(call, 'authorization') ?? '')?.[1]
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/

/** Names on S3, and on the JSON services. */
const REFUSALS = {
  missing: ['AccessDenied', 'MissingAuthenticationTokenException'],
  unknown: ['InvalidAccessKeyId', 'UnrecognizedClientException'],
  skewed: ['RequestTimeTooSkewed', 'InvalidSignatureException'],
  wrong: ['SignatureDoesNotMatch', 'InvalidSignatureException'],
} as const

function canonicalRequest(call: Call, signedHeaders: string, bodyHash: string): string {
  const headers = signedHeaders.split(';').map((name) => {
    return `${name}:${(header(call, name) ?? '').trim().replace(/\s+/g, ' ')}\n`
  })
  return [call.method, call.path, canonicalQuery(call.rawQuery), headers.join(''), signedHeaders, bodyHash].join('\n')
}

function canonicalQuery(rawQuery: string): string {
  if (rawQuery === '') return ''
  return rawQuery
    .split('&')
    .map((pair) => (pair.includes('=') ? pair : `${pair}=`))
    .sort()
    .join('&')
}

function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
