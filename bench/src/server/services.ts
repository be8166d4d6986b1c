import type { IncomingMessage } from 'node:http'
import type { Kind, Ledger } from './ledger.ts'
import { countData } from './scan.ts'

export type Reply = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export type Request = { readonly message: IncomingMessage; readonly body: Buffer; readonly receivedAtMs: number }

const METADATA = 'x-amz-meta-'

/** Just enough of S3: puts that create only, and the metadata of what was put. Bodies are dropped. */
export function createS3(ledger: Ledger): (request: Request) => Reply {
  const objects = new Map<string, Record<string, string>>()
  return ({ message: { method, url = '/', headers }, body, receivedAtMs }) => {
    const [key = url] = url.split('?')
    const found = objects.get(key)
    if (method !== 'PUT') {
      ledger.asked(method === 'HEAD' ? 'HeadObject' : 'GetObject')
      return found ? { status: 200, headers: found } : s3Error(404, 'NoSuchKey')
    }
    if (found && headers['if-none-match'] === '*') {
      ledger.asked('PutObject')
      return s3Error(412, 'PreconditionFailed')
    }
    const metadata: Record<string, string> = { etag: '"0"', 'content-length': '0' }
    for (const [name, value] of Object.entries(headers)) {
      if (name.startsWith(METADATA)) metadata[name] = String(value)
    }
    objects.set(key, metadata)
    ledger.taken('PutObject', body, receivedAtMs)
    return { status: 200, headers: { etag: '"d41d8cd98f00b204e9800998ecf8427e"', 'content-length': '0' } }
  }
}

/** Just enough of CloudWatch Logs: streams must be created before they take events. */
export function createLogs(ledger: Ledger): (request: Request, operation: string) => Reply {
  const streams = new Set<string>()
  return ({ body, receivedAtMs }, operation) => {
    switch (operation) {
      case 'PutLogEvents': {
        if (!streams.has(streamOf(body))) {
          ledger.asked(operation)
          return jsonError('ResourceNotFoundException')
        }
        ledger.taken(operation, body, receivedAtMs)
        return json({ nextSequenceToken: '49545295115971876468408574808414755329919666212443258898' })
      }
      case 'CreateLogStream':
        ledger.asked(operation)
        streams.add(streamOf(body))
        return json({})
      case 'FilterLogEvents':
        // Bodies are dropped, so nothing can be read back: whatever is repeated shows in the check.
        ledger.asked(operation)
        return json({ events: [] })
      default:
        return jsonError('InvalidOperationException')
    }
  }
}

/** Just enough of Firehose: takes every record, and answers with Ids as long as the real ones. */
export function createFirehose(ledger: Ledger): (request: Request, operation: string) => Reply {
  const answers = new Map<number, Reply>()
  return ({ body, receivedAtMs }, operation) => {
    if (operation !== 'PutRecordBatch') return jsonError('InvalidArgumentException')
    ledger.taken(operation, body, receivedAtMs)
    const count = countData(body)
    const known = answers.get(count)
    if (known) return known
    const RequestResponses = Array.from({ length: count }, () => ({ RecordId: 'R'.repeat(224) }))
    const answer = json({ FailedPutCount: 0, Encrypted: false, RequestResponses })
    answers.set(count, answer)
    return answer
  }
}

/** The service and operation that `x-amz-target` names. */
export function targetOf(header: string | undefined): { readonly kind: Kind; readonly operation: string } {
  const [service = '', operation = ''] = (header ?? '').split('.')
  if (service.startsWith('Logs_')) return { kind: 'cloudWatchLogs', operation }
  if (service.startsWith('Firehose_')) return { kind: 'firehose', operation }
  return { kind: 's3', operation: '' }
}

const STREAM = Buffer.from('"logStreamName":"')

function streamOf(body: Buffer): string {
  const start = body.indexOf(STREAM) + STREAM.length
  return body.toString('latin1', start, body.indexOf(0x22, start))
}

/** The id is not looked at, only that there is one: without it an answer is not believed. */
const JSON_HEADERS = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': '0' }

function json(value: object): Reply {
  return { status: 200, headers: JSON_HEADERS, body: JSON.stringify(value) }
}

function jsonError(name: string): Reply {
  return {
    status: 400,
    headers: JSON_HEADERS,
    body: JSON.stringify({ __type: name, message: name }),
  }
}

function s3Error(status: number, code: string): Reply {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`
  return { status, headers: { 'content-type': 'application/xml' }, body }
}
