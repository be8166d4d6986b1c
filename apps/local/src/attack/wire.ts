import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { HOST } from '../ports.ts'

const CONNECT_AT_ONCE = 200

export type Answer = { readonly status: number; readonly body: string }

/** A connection on which an attack does what it likes: its errors are of no interest. */
export function open(port: number): Socket {
  const socket = connect({ host: HOST, port })
  socket.on('error', () => undefined)
  return socket
}

/** So many connections, opened some at a time. */
export async function openMany(port: number, wanted: number, signal: AbortSignal): Promise<Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < wanted) {
    signal.throwIfAborted()
    const some = Array.from({ length: Math.min(CONNECT_AT_ONCE, wanted - sockets.length) }, () => open(port))
    await Promise.all(some.map(connected))
    sockets.push(...some)
  }
  return sockets
}

export function closeAll(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy()
}

/** Head of a request; with `body` its length too. */
export function head(request: string, headers: Readonly<Record<string, string | number>> = {}): string {
  const lines = Object.entries({ host: HOST, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${request} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** A call with a JSON body. */
export function post(path: string, token: string, body: string | Buffer): Buffer {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  }
  return Buffer.concat([Buffer.from(head(`POST ${path}`, headers)), Buffer.from(body)])
}

/** Sends bytes as they are on a connection of their own; undefined where no answer comes. */
export async function exchange(port: number, bytes: string | Buffer, withinMs = 5_000): Promise<Answer | undefined> {
  const socket = open(port)
  let text = ''
  const ended = new Promise<void>((resolve) => {
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += chunk
      if (bodyIn(text) !== undefined) resolve()
    })
    socket.once('close', () => resolve())
  })
  socket.write(bytes)
  await Promise.race([ended, sleep(withinMs)])
  socket.destroy()
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(text) ?? []
  if (status === undefined) return undefined
  return { status: Number(status), body: bodyIn(text) ?? '' }
}

/**
 * Keeps one request open on each of so many connections, the next as soon as the last is answered, for some time; how
 * many were answered, by status.
 */
export async function hammer(options: {
  readonly port: number
  readonly connections: number
  readonly forMs: number
  readonly request: () => Buffer
  readonly signal: AbortSignal
}): Promise<ReadonlyMap<number, number>> {
  const { port, request, signal } = options
  const statuses = new Map<number, number>()
  const sockets = await openMany(port, options.connections, signal)
  for (const socket of sockets) {
    socket.setEncoding('latin1').on('data', (text: string) => {
      const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(text) ?? []
      // An answer that comes in pieces is counted, and the next request sent, at its first.
      if (status === undefined) return
      statuses.set(Number(status), (statuses.get(Number(status)) ?? 0) + 1)
      socket.write(request())
    })
    socket.write(request())
  }
  await sleep(options.forMs, undefined, { signal })
  closeAll(sockets)
  return statuses
}

/** The body of an answer that has come to its end. */
function bodyIn(text: string): string | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const headers = text.slice(0, end + 2)
  const body = text.slice(end + 4)
  const length = /^content-length: (\d+)\r$/im.exec(headers)?.[1]
  if (length !== undefined) return body.length >= Number(length) ? body : undefined
  return /^transfer-encoding: chunked\r$/im.test(headers) ? unchunked(body) : undefined
}

function unchunked(text: string): string | undefined {
  let body = ''
  for (let at = 0; ; ) {
    const line = text.indexOf('\r\n', at)
    if (line < 0) return undefined
    const size = Number.parseInt(text.slice(at, line), 16)
    if (size === 0) return body
    body += text.slice(line + 2, line + 2 + size)
    at = line + 2 + size + 2
  }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('connect', () => resolve())
    socket.once('close', () => resolve())
  })
}
