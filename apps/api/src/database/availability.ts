/** Prisma's own words for a database that cannot be reached, is too slow to connect, or ended the session. */
const PRISMA_AWAY = new Set([
  'P1000',
  'P1001',
  'P1002',
  'P1003',
  'P1008',
  'P1010',
  'P1011',
  'P1017',
  'P2024',
  'P2028',
  'P2037',
])
const SOCKET_AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'EAI_AGAIN',
  'ENOENT',
])
/** SQLSTATE: connection exceptions, no resources (a full disk too), shutting down, lock and statement timeouts, read-only. */
const SERVER_AWAY = /^(08|53|57P0|58)|^(55P03|57014|25006|28P01|28000)/
const MESSAGE_AWAY =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool after|Can't reach database server|Server has closed the connection|Query read timeout/i

const RETRY_CODES = new Set(['40001', '40P01', 'P2034'])
const CAUSES_MAX = 8

/** Whether the error says that the database cannot work now, rather than that we asked for nonsense. */
export function isDatabaseAway(error: unknown): boolean {
  return chainOf(error).some(({ code, message }) => {
    if (code !== undefined && (PRISMA_AWAY.has(code) || SOCKET_AWAY.has(code) || SERVER_AWAY.test(code))) return true
    return MESSAGE_AWAY.test(message)
  })
}

/** Whether the transaction lost against another and left no trace: a deadlock, a serialisation failure. */
export function isWorthRepeating(error: unknown): boolean {
  return chainOf(error).some(({ code }) => code !== undefined && RETRY_CODES.has(code))
}

/** The server's code of what went wrong; undefined where it was not the server that said so. */
export function sqlStateOf(error: unknown): string | undefined {
  return chainOf(error).find(
    ({ code }) => code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !/^P[0-9]{4}$/.test(code),
  )?.code
}

type Link = { readonly code: string | undefined; readonly message: string }

/** The error and what it was caused by; drivers bury the server's answer. */
function chainOf(error: unknown): readonly Link[] {
  const links: Link[] = []
  const open: unknown[] = [error]
  while (open.length > 0 && links.length < CAUSES_MAX) {
    const item = open.shift()
    if (typeof item !== 'object' || item === null) continue
    links.push({
      code: stringAt(item, 'code') ?? stringAt(item, 'originalCode'),
      message: stringAt(item, 'message') ?? '',
    })
    for (const key of ['cause', 'meta', 'driverAdapterError', 'error']) {
      if (key in item) open.push(Reflect.get(item, key))
    }
    if (item instanceof AggregateError) open.push(...item.errors)
  }
  return links
}

function stringAt(item: object, key: string): string | undefined {
  const value: unknown = Reflect.get(item, key)
  return typeof value === 'string' ? value : undefined
}
