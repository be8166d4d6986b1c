import { LOCAL_REGION } from '../start.ts'
import type { Played } from './judge.ts'
import { BAD_ACCOUNT, type Stage } from './stage.ts'
import { type Answer, exchange, head, post } from './wire.ts'

const PINO_ERROR = 50

/** Text that no database column takes, and requests that no client sends: each is refused in the api's own words. */
export async function oddRequests(stage: Stage): Promise<Played> {
  const logged = stage.apiLog().length
  const requests = [...unstorable(stage.badToken), ...malformed(stage.badToken)]
  const broken: string[] = []
  for (const [name, bytes] of requests) {
    stage.signal.throwIfAborted()
    const problem = problemOf(await exchange(stage.apiPort, bytes))
    if (problem !== undefined) broken.push(`${name}: ${problem}`)
  }
  const lines = stage.apiLog().slice(logged).split('\n')
  const errors = lines.filter((line) => Number(/"level":(\d+)/.exec(line)?.[1] ?? 0) >= PINO_ERROR).length
  if (errors > 0) broken.push(`${errors} lines of level error in the api's log`)
  return { tried: requests.length, notes: [], broken }
}

function problemOf(answer: Answer | undefined): string | undefined {
  if (answer === undefined) return 'no answer'
  const { status, body } = answer
  if (status < 400 || status > 499) return `status ${status}`
  return isErrorShape(body) ? undefined : `status ${status}, and not in the shape of the api's errors`
}

function isErrorShape(body: string): boolean {
  try {
    const { error } = JSON.parse(body)
    return typeof error.message === 'string' && typeof error.data.ivs.name === 'string'
  } catch {
    return false
  }
}

const BYTES = 8 * 1024 * 1024 - 1024
const ROUNDS = 20

/** Bodies that are small to send and long to parse: each is refused by a scan, before anything holds the event loop. */
export async function holdLoop({ apiPort, badToken, signal }: Stage): Promise<Played> {
  const deep = `{"messages":${'['.repeat(BYTES / 2)}${']'.repeat(BYTES / 2)}}`
  const many = `{"messages":[${'{},'.repeat(BYTES / 3)}{}]}`
  const broken: string[] = []
  for (let n = 0; n < ROUNDS; n++) {
    signal.throwIfAborted()
    for (const [name, body] of Object.entries({ deep, many })) {
      const problem = problemOf(await exchange(apiPort, post('/trpc/chat.sendMessages', badToken, body)))
      if (problem !== undefined) broken.push(`${name}: ${problem}`)
    }
  }
  return { tried: 2 * ROUNDS, notes: [], broken }
}

type Odd = readonly [name: string, bytes: string | Buffer]

function unstorable(token: string): Odd[] {
  const arn = `arn:aws:ivschat:${LOCAL_REGION}:${BAD_ACCOUNT}:room/abcdefghijkl`
  const configuration = arn.replace(':room/', ':logging-configuration/')
  return ['\\u0000', '\\ud800'].flatMap((odd): Odd[] => {
    const call = (name: string, input: unknown): Odd => {
      // The escape is put in after the encoding: the body holds it as a client would write it.
      const body = JSON.stringify(input).replaceAll('ODD', odd)
      return [`${name} with ${odd}`, post(`/trpc/${name}`, token, body)]
    }
    const query = (name: string, input: unknown): Odd => {
      const text = JSON.stringify(input).replaceAll('ODD', odd)
      const path = `/trpc/${name}?input=${encodeURIComponent(text)}`
      return [`${name} with ${odd}`, head(`GET ${path}`, { authorization: `Bearer ${token}` })]
    }
    return [
      call('room.create', { name: 'ODD' }),
      call('room.create', { tags: { ODD: 'x' } }),
      call('room.create', { tags: { x: 'ODD' } }),
      call('room.create', {
        messageReviewHandler: { uri: `arn:aws:lambda:${LOCAL_REGION}:${BAD_ACCOUNT}:function:ODD` },
      }),
      call('room.create', { loggingConfigurationIdentifiers: ['ODD'] }),
      call('room.update', { identifier: arn, name: 'ODD' }),
      call('loggingConfiguration.create', { destinationConfiguration: { s3: { bucketName: 'ODDODDODD' } } }),
      call('loggingConfiguration.create', { destinationConfiguration: { cloudWatchLogs: { logGroupName: 'ODD' } } }),
      call('loggingConfiguration.create', { destinationConfiguration: { firehose: { deliveryStreamName: 'ODD' } } }),
      query('room.list', { name: 'ODD' }),
      query('room.list', { nextToken: 'ODD' }),
      query('room.list', { messageReviewHandlerUri: 'ODD' }),
      query('room.list', { loggingConfigurationIdentifier: 'ODD' }),
      query('room.get', { identifier: 'ODD' }),
      query('loggingConfiguration.list', { nextToken: 'ODD' }),
      query('accessKey.list', { nextToken: 'ODD' }),
      call('accessKey.revoke', { accessKeyId: 'ODD' }),
      query('tags.list', { resourceArn: `${arn}ODD` }),
      call('tags.add', { resourceArn: arn, tags: { ODD: 'x' } }),
      call('tags.remove', { resourceArn: arn, tagKeys: ['ODD'] }),
      query('delivery.deadLetters', { loggingConfigurationIdentifier: 'ODD' }),
      query('delivery.deadLetters', { loggingConfigurationIdentifier: configuration, nextToken: 'ODD' }),
      call('delivery.redrive', { loggingConfigurationIdentifier: configuration, deadLetterIds: ['ODD'] }),
    ]
  })
}

function malformed(token: string): Odd[] {
  const authorization = `Bearer ${token}`
  const json = { authorization, 'content-type': 'application/json' }
  return [
    ['TRACE', head('TRACE /trpc/room.list', { authorization })],
    ['an unknown method', head('BREW /trpc/room.list', { authorization })],
    ['a path of %ff', head('GET /trpc/%ff', { authorization })],
    ['a path of %', head('GET /%', { authorization })],
    ['a path that is not there', head('GET /nothing-here')],
    ['an input that is no JSON', head('GET /trpc/room.list?input=%7B', { authorization })],
    ['an input of %ff', head('GET /trpc/room.list?input=%ff', { authorization })],
    ['a body that is no JSON', post('/trpc/room.create', token, '{')],
    ['a body of NUL', post('/trpc/room.create', token, Buffer.alloc(16))],
    [
      'a body of another type',
      `${head('POST /trpc/room.create', { ...json, 'content-type': 'text/plain', 'content-length': 2 })}{}`,
    ],
    ['a length that is no number', head('POST /trpc/room.create', { ...json, 'content-length': 'many' })],
    ['headers beyond all measure', head('GET /trpc/room.list', { authorization, 'x-long': 'x'.repeat(64 * 1024) })],
    ['a line that is no request', 'roomlog, are you there?\r\n\r\n'],
    ['a header without a name', 'GET /trpc/room.list HTTP/1.1\r\nhost: x\r\n: nameless\r\n\r\n'],
    ['a chunk without a size', `${head('POST /trpc/room.create', { ...json, 'transfer-encoding': 'chunked' })}zz\r\n`],
  ]
}
