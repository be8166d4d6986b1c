import { connect, type Socket } from 'node:net'

export type Connection = {
  /** One request at a time; what comes back is the answer's status and body. */
  send(request: Buffer): Promise<{ readonly status: number; readonly body: Buffer }>
  close(): void
}

const HEAD_END = Buffer.from('\r\n\r\n')
const CHUNKS_END = Buffer.from('0\r\n\r\n')

/**
 * A keep-alive connection that knows just enough HTTP: the load must cost less than what it loads, and the prebuilt
 * bytes of a request cost one write.
 */
export function openConnection(host: string, port: number): Connection {
  const socket: Socket = connect({ host, port, noDelay: true })
  let waiting: { resolve(answer: { status: number; body: Buffer }): void; reject(error: Error): void } | undefined
  let received: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    const answer = parseAnswer(received)
    if (answer === undefined) return
    received = Buffer.alloc(0)
    const settle = waiting
    waiting = undefined
    settle?.resolve(answer)
  })
  const fail = (error: Error) => waiting?.reject(error)
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('the connection was closed')))
  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        socket.write(request)
      }),
    close: () => socket.destroy(),
  }
}

/** Undefined until the answer is whole. */
export function parseAnswer(received: Buffer): { readonly status: number; readonly body: Buffer } | undefined {
  const headEnd = received.indexOf(HEAD_END)
  if (headEnd === -1) return undefined
  const head = received.toString('latin1', 0, headEnd)
  const status = Number(head.slice(9, 12))
  const bodyAt = headEnd + HEAD_END.length
  const [, length] = /content-length: *(\d+)/i.exec(head) ?? []
  if (length !== undefined) {
    const end = bodyAt + Number(length)
    return received.length < end ? undefined : { status, body: received.subarray(bodyAt, end) }
  }
  // In chunks; their sizes stay in the body, which nobody parses.
  const isWhole = received.subarray(-CHUNKS_END.length).equals(CHUNKS_END)
  return isWhole ? { status, body: received.subarray(bodyAt) } : undefined
}
