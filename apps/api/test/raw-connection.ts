import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect } from 'vitest'
import { z } from 'zod'

/** The parts of an answer that tests look at. */
export type RawAnswer = { readonly status: number; readonly head: string; readonly body: string }

export type RawConnection = {
  readonly socket: Socket
  /** Resolves when the bytes were given to the kernel, or the connection is gone. */
  write(bytes: string | Buffer): Promise<void>
  /** Whole answers so far. */
  answers(): readonly RawAnswer[]
  /** Waits for that many answers, and returns the last of them. */
  answer(count?: number): Promise<RawAnswer>
  /** What the connection ended by: the other side's end of it, or an error's code. */
  readonly over: Promise<string>
  close(): void
}

const ANSWERED_WITHIN_MS = 15_000
const HEAD_END = Buffer.from('\r\n\r\n')

const Refused = z.object({ error: z.object({ data: z.object({ ivs: z.object({ name: z.string() }) }) }) })

/** The name of the error in an answer, which must have the shape of the API. */
export const refusedWith = ({ body }: RawAnswer): string => Refused.parse(JSON.parse(body)).error.data.ivs.name

/** A connection that may do what no HTTP client would. */
export async function dial(url: string, options: { readonly reads?: boolean } = {}): Promise<RawConnection> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
  let received: Buffer = Buffer.alloc(0)
  const over = new Promise<string>((resolve) => {
    socket.once('end', () => resolve('end'))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    socket.once('close', () => resolve('close'))
  })
  await once(socket, 'connect')
  if (options.reads !== false) socket.on('data', (chunk) => (received = Buffer.concat([received, chunk])))
  const answers = () => answersIn(received)
  return {
    socket,
    write: (bytes) => new Promise((resolve) => socket.write(bytes, () => resolve())),
    answers,
    async answer(count = 1) {
      await expect
        .poll(() => answers().length, { timeout: ANSWERED_WITHIN_MS, interval: 5 })
        .toBeGreaterThanOrEqual(count)
      const last = answers()[count - 1]
      if (last === undefined) throw new Error('no answer')
      return last
    },
    over,
    close: () => socket.destroy(),
  }
}

/** The bytes of a request; `body` may be less than what the headers declare. */
export function requestOf(options: {
  readonly method?: string | undefined
  readonly path?: string | undefined
  readonly headers?: Readonly<Record<string, string | number>> | undefined
  readonly body?: string | undefined
}): string {
  const { method = 'POST', path = '/trpc/chat.sendMessage', headers = {}, body = '' } = options
  const all = {
    host: 'roomlog',
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`
}

function answersIn(received: Buffer): readonly RawAnswer[] {
  const found: RawAnswer[] = []
  for (let at = 0; at < received.length; ) {
    const headEnd = received.indexOf(HEAD_END, at)
    if (headEnd === -1) break
    const head = received.toString('latin1', at, headEnd)
    const bodyAt = headEnd + HEAD_END.length
    const status = Number(head.slice(9, 12))
    const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    if (received.length < bodyAt + length) break
    if (status !== 100) found.push({ status, head, body: received.toString('utf8', bodyAt, bodyAt + length) })
    at = bodyAt + length
  }
  return found
}
