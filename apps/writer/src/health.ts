import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** `/healthz` and `/readyz` on their own port. */
export async function startHealth(options: {
  readonly host: string
  readonly port: number
  /** Why this process cannot do its work, in words: then it is not ready. */
  readonly wrong: () => readonly (string | undefined)[]
  /** What is wrong elsewhere, which no other process would do better at: shown, and no more. */
  readonly troubles: () => readonly object[]
}): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    if (request.url === '/healthz') return answer(200, { status: 'ok' })
    if (request.url !== '/readyz') return answer(404, { status: 'not found' })
    const reasons = options.wrong().filter((reason) => reason !== undefined)
    const troubles = options.troubles()
    const isReady = reasons.length === 0
    answer(isReady ? 200 : 503, {
      status: isReady ? 'ready' : 'not ready',
      ...(isReady ? {} : { reasons }),
      ...(troubles.length === 0 ? {} : { troubles }),
    })
  })
  await listen(server, options.host, options.port)
  const { port } = addressOf(server)
  return {
    url: `http://${options.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function addressOf(server: Server): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the health server has no port')
  return address
}
