import { createServer, connect as dial, type Socket } from 'node:net'

export type FaultProxy = {
  /** The database, through the proxy. */
  readonly url: string
  /** From now on, an answer with this text is thrown away and its connection reset; counts down `times`. */
  cutAnswer(text: string, times: number): void
  /** From now on, requests with this text never reach the server; counts down `times`. */
  cutRequest(text: string, times: number): void
  /** How many connections were cut. */
  readonly cuts: number
  /** Cuts every connection and takes no more. */
  close(): Promise<void>
  /** Takes connections again, at the same port. */
  open(): Promise<void>
}

/** A TCP proxy that loses answers or requests on demand. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const faults = { answer: { text: '', times: 0 }, request: { text: '', times: 0 } }
  let cuts = 0

  const server = createServer((client) => {
    const upstream = dial(Number(port), hostname)
    const both = [client, upstream]
    const end = () => {
      for (const socket of both) socket.destroy()
    }
    for (const socket of both) {
      sockets.add(socket)
      socket.on('error', end)
      socket.on('close', () => {
        sockets.delete(socket)
        end()
      })
    }
    forward(client, upstream, faults.request)
    forward(upstream, client, faults.answer)

    function forward(from: Socket, to: Socket, fault: { text: string; times: number }): void {
      from.on('data', (chunk) => {
        if (fault.times > 0 && chunk.includes(fault.text)) {
          fault.times--
          cuts++
          client.resetAndDestroy()
          end()
        } else to.write(chunk)
      })
    }
  })
  const url = new URL(target)
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const address = server.address()
  if (address !== null && typeof address === 'object') url.port = String(address.port)
  return {
    url: String(url),
    cutAnswer: (text, times) => Object.assign(faults.answer, { text, times }),
    cutRequest: (text, times) => Object.assign(faults.request, { text, times }),
    get cuts() {
      return cuts
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
    open: () => listen(Number(url.port)),
  }
}
