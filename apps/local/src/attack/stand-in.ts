import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { startChild } from '../child.ts'
import { HOST, PORT_VARIABLES } from '../ports.ts'
import { untilReady } from '../ready.ts'
import type { Played } from './judge.ts'
import type { Stage } from './stage.ts'
import { type Answer, exchange, head } from './wire.ts'

const STOP_WITHIN_MS = 20_000
const OWN_APPS = fileURLToPath(new URL('../../../..', import.meta.url))

/** What any program and any web page on this machine may try with the stand-in of `npm start`. */
export async function callStandIn(stage: Stage): Promise<Played> {
  const ports = {
    api: await stage.nextPort(),
    writer: await stage.nextPort(),
    aws: await stage.nextPort(),
    postgres: await stage.nextPort(),
  }
  const env: Record<string, string> = { ...stage.base, ROOMLOG_FOLDER: join(stage.folder.path, 'start') }
  for (const name of ['api', 'writer', 'aws', 'postgres'] as const) env[PORT_VARIABLES[name]] = String(ports[name])
  const child = startChild({
    name: 'start',
    entry: pathToFileURL(join(stage.apps ?? OWN_APPS, 'apps', 'local', 'dist', 'main.js')),
    args: ['start'],
    env,
    cwd: stage.folder.path,
    logFile: join(stage.folder.logs, 'start.log'),
  })
  try {
    await untilReady(child, `http://${HOST}:${ports.api}/readyz`, stage.signal)
    const tries = triesOf(`${HOST}:${ports.aws}`)
    const broken: string[] = []
    for (const [name, bytes] of tries) {
      const answer = await exchange(ports.aws, bytes)
      if (!isRefused(answer)) broken.push(`${name}: ${answer === undefined ? 'no answer' : `status ${answer.status}`}`)
    }
    return { tried: tries.length, notes: [], broken }
  } finally {
    await child.stop(STOP_WITHIN_MS)
  }
}

function isRefused(answer: Answer | undefined): boolean {
  return answer !== undefined && answer.status >= 400 && answer.status <= 499 && answer.status !== 404
}

function triesOf(own: string): (readonly [name: string, bytes: string])[] {
  const logs = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'Logs_20140328.DescribeLogGroups',
    'content-length': 2,
  }
  const firehose = { ...logs, 'x-amz-target': 'Firehose_20150804.ListDeliveryStreams' }
  const day = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const signed = {
    authorization: `AWS4-HMAC-SHA256 Credential=roomlog-local/${day.slice(0, 8)}/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
    'x-amz-date': day,
  }
  return [
    ['S3, not signed', head('GET /', { host: own })],
    ['S3, a write that is not signed', head('PUT /stolen', { host: own, 'content-length': 0 })],
    ['S3, signed by nobody', head('GET /', { host: own, ...signed })],
    ['CloudWatch Logs, not signed', `${head('POST /', { host: own, ...logs })}{}`],
    ['Firehose, not signed', `${head('POST /', { host: own, ...firehose })}{}`],
    ['its faults', head('GET /_local/faults', { host: own })],
    ['its calls', head('GET /_local/calls', { host: own })],
    ['a name that leads here, S3', head('GET /', { host: `rebound.example:${own.split(':')[1]}` })],
    [
      'a name that leads here, its health',
      head('GET /_local/health', { host: `rebound.example:${own.split(':')[1]}` }),
    ],
    ['another port than its own', head('GET /_local/health', { host: `${HOST}:1` })],
  ]
}
