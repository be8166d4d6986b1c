import { connect, createServer, type Socket } from 'node:net'

/** Where a statement is caught: before the server sees it, or after it has done its work and before it can say so. */
export type CatchPoint = 'before' | 'after'

export type DatabaseProxy = {
  /** The database's URL through the proxy. */
  readonly url: string
  /** Somebody has connected. */
  readonly asked: Promise<void>
  /** Resolves once a statement of that name is caught: from then on nothing passes on its connection. */
  catch(statement: string, point: CatchPoint): Promise<void>
  /** Catches nothing any more. */
  letPass(): void
  /** From now on nothing passes, and no connection ends: what a network that swallows packets looks like. */
  freeze(): void
  close(): void
}

type Trap = { readonly statement: string; readonly point: CatchPoint; readonly caught: () => void }

/** A way to a database on which statements can be caught by their names. */
export async function proxyTo(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let frozen = false
  let trap: Trap | undefined
  let onAsked: () => void
  const asked = new Promise<void>((resolve) => {
    onAsked = resolve
  })
  const server = createServer((near) => {
    onAsked()
    const far = connect(Number(target.port), target.hostname)
    // Set once a statement of this connection is to be caught behind its effect.
    let awaited: Trap | undefined
    const hold = (caught: () => void): void => {
      near.removeAllListeners('data').pause()
      far.removeAllListeners('data').pause()
      caught()
    }
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.on('drain', () => {
        if (!frozen) other.resume()
      })
      one.on('close', () => {
        sockets.delete(one)
        if (!frozen) other.destroy()
      })
    }
    near.on('data', (chunk: Buffer) => {
      if (trap !== undefined && chunk.includes(trap.statement)) {
        const { point, caught } = trap
        awaited = point === 'after' ? trap : undefined
        trap = undefined
        if (point === 'before') return hold(caught)
      }
      if (!far.write(chunk)) near.pause()
    })
    far.on('data', (chunk: Buffer) => {
      if (awaited !== undefined) return hold(awaited.caught)
      if (!near.write(chunk)) far.pause()
    })
    if (frozen) for (const socket of [near, far]) socket.pause()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  return {
    url: url.href,
    asked,
    catch: (statement, point) =>
      new Promise((resolve) => {
        trap = { statement, point, caught: resolve }
      }),
    letPass: () => {
      trap = undefined
    },
    freeze: () => {
      frozen = true
      for (const socket of sockets) socket.pause()
    },
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
