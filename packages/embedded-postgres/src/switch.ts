import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { HOST } from './port.ts'

export type Switch = {
  readonly port: number
  /** Cuts every connection; new ones go to that port, or (undefined) nowhere. */
  pointAt(port: number | undefined): void
  close(): void
}

/** One port in front of several servers, as a load balancer or a moved address is. */
export async function startSwitch(first: number): Promise<Switch> {
  const sockets = new Set<Socket>()
  let target: number | undefined = first
  const server = createServer((near) => {
    if (target === undefined) {
      near.destroy()
      return
    }
    const far = connect(target, HOST)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    near.pipe(far).pipe(near)
  })
  server.listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    pointAt(port) {
      target = port
      cut()
    },
    close() {
      server.close()
      cut()
    },
  }
}
