import { createServer } from 'node:net'
import { Failure } from './failure.ts'

export const HOST = '127.0.0.1'

export type Ports = { readonly api: number; readonly writer: number; readonly aws: number; readonly postgres: number }

/** Variable that sets the port of each part. */
export const PORT_VARIABLES: { readonly [name in keyof Ports]: string } = {
  api: 'ROOMLOG_API_PORT',
  writer: 'ROOMLOG_WRITER_PORT',
  aws: 'ROOMLOG_AWS_PORT',
  postgres: 'ROOMLOG_POSTGRES_PORT',
}

const TITLES: { readonly [name in keyof Ports]: string } = {
  api: 'the api',
  writer: 'the writer',
  aws: 'the stand-in for AWS',
  postgres: 'Postgres',
}

/** Fails with every taken port, who needs it and the variable that changes it. */
export async function requireFree(ports: Ports, needed: readonly (keyof Ports)[]): Promise<void> {
  const taken: string[] = []
  for (const [index, name] of needed.entries()) {
    const twin = needed.slice(0, index).find((other) => ports[other] === ports[name])
    if (twin !== undefined) taken.push(`  Port ${ports[name]} is given to both ${TITLES[twin]} and ${TITLES[name]}.`)
    const problem = await probe(ports[name])
    if (problem === undefined) continue
    const cause = problem.code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${problem.code})`
    taken.push(
      `  Port ${ports[name]} of ${HOST}, meant for ${TITLES[name]}, ${cause}. Set ${PORT_VARIABLES[name]} to another, as in: ${PORT_VARIABLES[name]}=${suggestion(ports[name])} npm start`,
    )
  }
  if (taken.length > 0) throw new Failure(`Cannot start:\n${taken.join('\n')}`)
}

/** Ports that are free now, all different. */
export async function freePorts(): Promise<Ports> {
  const servers = await Promise.all([0, 1, 2, 3].map(() => listen(0)))
  const [api = 0, writer = 0, aws = 0, postgres = 0] = servers.map(portOf)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return { api, writer, aws, postgres }
}

function suggestion(port: number): number {
  return port + 100 <= 65535 ? port + 100 : port - 100
}

async function probe(port: number): Promise<NodeJS.ErrnoException | undefined> {
  try {
    const server = await listen(port)
    await new Promise((resolve) => server.close(resolve))
    return undefined
  } catch (error) {
    if (error instanceof Error) return error
    throw error
  }
}

function listen(port: number): Promise<ReturnType<typeof createServer>> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: HOST, port, exclusive: true }, () => resolve(server))
  })
}

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a listening TCP server has an address')
  return address.port
}
