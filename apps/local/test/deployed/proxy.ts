import { connect, createServer, type Socket } from 'node:net'

export type Proxy = {
  /** The database's URL through the proxy. */
  readonly url: string
  /** Somebody has connected. */
  readonly asked: Promise<void>
  /** From now on nothing passes, and no connection ends: what a network that swallows packets looks like. */
  freeze(): void
  close(): void
}

/** A way to a database that can be made to hang. */
export async function proxyTo(databaseUrl: string): Promise<Proxy> {
  const target = new URL(databaseUrl)
  const sockets: Socket[] = []
  let frozen = false
  let onAsked: () => void
  const asked = new Promise<void>((resolve) => {
    onAsked = resolve
  })
  const server = createServer((near) => {
    sockets.push(near)
    onAsked()
    near.on('error', () => {})
    if (frozen) return
    const far = connect(Number(target.port), target.hostname)
    far.on('error', () => near.destroy())
    sockets.push(far)
    near.pipe(far).pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  return {
    url: url.href,
    asked,
    freeze: () => {
      frozen = true
      for (const socket of sockets) {
        socket.unpipe()
        socket.pause()
      }
    },
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
