import { createServer, connect as dial, type Socket } from 'node:net'

export type CuttingProxy = {
  /** The server, through the proxy. */
  readonly url: string
  /** The next so many answers with the text are thrown away, and their connections reset. */
  cut(text: string, times: number): void
  /** Requests that came with the text. */
  asked(text: string): number
  close(): Promise<void>
}

/** A proxy that loses answers after whatever they answer has happened. */
export async function startCuttingProxy(target: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const fault = { text: '', times: 0 }
  let requests = ''
  const server = createServer((client) => {
    const upstream = dial(Number(port), hostname)
    const end = () => {
      client.resetAndDestroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', end)
      socket.on('close', () => {
        sockets.delete(socket)
        end()
      })
    }
    client.on('data', (chunk) => {
      requests += chunk.toString('latin1')
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      if (fault.times === 0 || !chunk.includes(fault.text)) return client.write(chunk)
      fault.times--
      end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    cut: (text, times) => Object.assign(fault, { text, times }),
    asked: (text) => requests.split(text).length - 1,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
