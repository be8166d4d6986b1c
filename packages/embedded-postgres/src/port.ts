import { createServer } from 'node:net'
import { EmbeddedPostgresError } from './error.ts'

export const HOST = '127.0.0.1'

/** A port that is free now: the one asked for, or any when it is 0. */
export async function freePort(wanted: number): Promise<number> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(refusal(wanted, cause)))
    server.listen({ host: HOST, port: wanted, exclusive: true }, () => {
      const address = server.address()
      const port = address !== null && typeof address === 'object' ? address.port : wanted
      server.close(() => resolve(port))
    })
  })
}

function refusal(port: number, cause: NodeJS.ErrnoException): EmbeddedPostgresError {
  if (cause.code === 'EADDRINUSE') {
    return new EmbeddedPostgresError(
      'port-taken',
      `Port ${port} of ${HOST} is taken. Stop what listens there or choose another port.`,
      {
        cause,
      },
    )
  }
  return new EmbeddedPostgresError('failed', `Cannot listen on port ${port} of ${HOST}: ${cause.message}`, { cause })
}
