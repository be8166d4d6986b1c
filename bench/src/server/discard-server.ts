import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { KINDS, type Kind, Ledger } from './ledger.ts'
import { createFirehose, createLogs, createS3, type Reply, targetOf } from './services.ts'

/** Below it: what the benchmark asks of the server itself. */
const CONTROL = '/_bench/'

/** An AWS that takes everything at once and keeps nothing but counts. */
export function createDiscardServer(nowMs: () => number): Server {
  let world = createWorld({ delaysSinceMs: Number.POSITIVE_INFINITY })
  const hanging = new Set<Kind>()

  function control(url: URL): object {
    switch (url.pathname.slice(CONTROL.length)) {
      case 'reset':
        world = createWorld({
          delaysSinceMs: Number(url.searchParams.get('delaysSinceMs') ?? Number.POSITIVE_INFINITY),
        })
        hanging.clear()
        for (const kind of KINDS) if (url.searchParams.getAll('hang').includes(kind)) hanging.add(kind)
        return {}
      case 'counts':
        return Object.fromEntries(KINDS.map((kind) => [kind, world.ledgers[kind].counts()]))
      case 'check':
        return Object.fromEntries(KINDS.map((kind) => [kind, world.ledgers[kind].check()]))
      default:
        return { error: 'unknown' }
    }
  }

  return createServer((message, response) => {
    // The address is only there to make a URL of it.
    if (message.url?.startsWith(CONTROL)) {
      return send(response, { status: 200, body: JSON.stringify(control(new URL(message.url, 'http://localhost'))) })
    }
    const { kind, operation } = targetOf(headerOf(message))
    const { services } = world
    readBody(message, (body) => {
      if (hanging.has(kind)) return
      const request = { message, body, receivedAtMs: nowMs() }
      send(response, services[kind](request, operation))
    })
  })
}

function createWorld(options: { readonly delaysSinceMs: number }) {
  const ledgers = {
    s3: new Ledger('s3', options),
    cloudWatchLogs: new Ledger('cloudWatchLogs', options),
    firehose: new Ledger('firehose', options),
  }
  return {
    ledgers,
    services: {
      s3: createS3(ledgers.s3),
      cloudWatchLogs: createLogs(ledgers.cloudWatchLogs),
      firehose: createFirehose(ledgers.firehose),
    },
  }
}

function headerOf({ headers }: IncomingMessage): string | undefined {
  const target = headers['x-amz-target']
  return typeof target === 'string' ? target : undefined
}

function readBody(message: IncomingMessage, then: (body: Buffer) => void): void {
  const chunks: Buffer[] = []
  message.on('data', (chunk: Buffer) => chunks.push(chunk))
  message.on('end', () => then(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, headers)
  response.end(body)
}
