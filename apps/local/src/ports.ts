import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from './failure.ts'

export const HOST = '127.0.0.1'
const RETRY_EVERY_MS = 200
/** Below what Linux, macOS and Windows hand out by themselves. */
const LASTING_PORTS = { first: 20_000, count: 12_000 }

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

/** Fails with every taken port, who needs it and the variable that changes it; waits that long for them to become free. */
export async function requireFree(ports: Ports, needed: readonly (keyof Ports)[], patienceMs = 0): Promise<void> {
  const twins = sharedPorts(ports, needed)
  if (twins.length > 0) throw new Failure(`Cannot start:\n${twins.join('\n')}`, 2)
  const deadline = Date.now() + patienceMs
  for (;;) {
    const taken = await takenPorts(ports, needed)
    if (taken.length === 0) return
    if (Date.now() >= deadline) throw new Failure(`Cannot start:\n${taken.join('\n')}`)
    await sleep(RETRY_EVERY_MS)
  }
}

/** Ports that are free now, all different. */
export async function freePorts(): Promise<Ports> {
  const servers = await Promise.all([0, 1, 2, 3].map(() => listen(0)))
  const [api = 0, writer = 0, aws = 0, postgres = 0] = servers.map(portOf)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return { api, writer, aws, postgres }
}

/**
 * Gives a free port at each call, another one each time, and none of those that systems hand to outgoing connections:
 * whoever listens there may end and come back.
 */
export function createPortSource(startAt: number): () => Promise<number> {
  let next = startAt
  return async () => {
    for (let tries = 0; tries < LASTING_PORTS.count; tries += 1) {
      const port = LASTING_PORTS.first + (next % LASTING_PORTS.count)
      next += 1
      if ((await probe(port)) === undefined) return port
    }
    throw new Failure(`No port from ${LASTING_PORTS.first} on is free.`)
  }
}

/** Where a part that listens on that port is asked. */
export function urlOf(port: number): string {
  return `http://${HOST}:${port}`
}

function sharedPorts(ports: Ports, needed: readonly (keyof Ports)[]): string[] {
  return needed.flatMap((name, index) => {
    const twin = needed.slice(0, index).find((other) => ports[other] === ports[name])
    if (twin === undefined) return []
    return [
      `  Port ${ports[name]} is given to both ${TITLES[twin]} and ${TITLES[name]}: change ${PORT_VARIABLES[twin]} or ${PORT_VARIABLES[name]}.`,
    ]
  })
}

async function takenPorts(ports: Ports, needed: readonly (keyof Ports)[]): Promise<string[]> {
  const taken: string[] = []
  for (const name of needed) {
    const problem = await probe(ports[name])
    if (problem === undefined) continue
    const why = problem.code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${problem.code})`
    const variable = PORT_VARIABLES[name]
    taken.push(
      `  Port ${ports[name]} of ${HOST}, meant for ${TITLES[name]}, ${why}. Use another: ${variable}=${suggestion(ports[name])} npm start`,
    )
  }
  return taken
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
