import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** What the server does with one request, once it has it whole. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export type ScriptedServer = {
  readonly url: string
  /** The next requests are answered like this, the last one for ever. */
  answerWith(...answers: readonly Answer[]): void
  /** `<method> <path>` or the operation of each request since the last `answerWith`. */
  readonly requests: () => readonly string[]
  close(): Promise<void>
}

/** A server that says what it is told, for answers that no healthy service gives. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  let script: Answer[] = []
  let seen: string[] = []
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      seen.push(request.headers['x-amz-target']?.toString() ?? `${request.method} ${request.url?.split('?')[0]}`)
      const answer = script.length > 1 ? script.shift() : script[0]
      answer?.(request, response)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    answerWith: (...answers) => {
      script = [...answers]
      seen = []
    },
    requests: () => seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export const reply =
  (status: number, body = '', headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, headers).end(body)
  }

/** An error as awsJson1_1 says it. */
export const jsonError = (status: number, name: string): Answer =>
  reply(status, JSON.stringify({ __type: name, message: 'm' }), { 'content-type': 'application/x-amz-json-1.1' })

/** An error as S3 says it. */
export const xmlError = (status: number, name: string): Answer =>
  reply(status, `<?xml version="1.0"?><Error><Code>${name}</Code><Message>m</Message></Error>`)

export const hangUp: Answer = (request) => {
  request.socket.destroy()
}

export const hang: Answer = () => {}

/** Promises more than it sends. */
export const cutShort: Answer = (request, response) => {
  response.writeHead(200, { 'content-length': '100' })
  response.write('{"a', () => request.socket.destroy())
}

const ENDLESS_BYTES = 256 * 1024 * 1024

/** An answer almost without end, and how much of it was taken off the server's hands. */
export function endless(status: number): { readonly answer: Answer; readonly sentBytes: () => number } {
  const chunk = Buffer.alloc(64 * 1024, ' ')
  let sent = 0
  const answer: Answer = (request, response) => {
    response.writeHead(status, { 'content-type': 'text/html' })
    const more = () => {
      while (!response.destroyed && sent < ENDLESS_BYTES) {
        sent += chunk.length
        if (!response.write(chunk)) return void response.once('drain', more)
      }
      response.end()
    }
    if (request.method === 'HEAD') response.end()
    else more()
  }
  return { answer, sentBytes: () => sent }
}
