/** Schema of all our tables. */
export const SCHEMA = 'roomlog'

const PROTOCOLS = ['postgresql:', 'postgres:']
/** User, password and port in front of a host that is left out, which `new URL` does not take. */
const WITHOUT_HOST = /^(postgres(?:ql)?:\/\/)([^@/?#]*)@(?::(\d+))?(?=[/?]|$)/

/**
 * A database's URL as libpq reads it: also without a host (`postgresql://user@/db?host=/var/run/postgresql`, where `host`
 * names the folder of a socket) and with the database as `dbname`. What stood where a URL cannot have it stands in the
 * query then. Throws where it is no such URL; the error does not repeat it, because a password may be in it.
 */
export function parseDatabaseUrl(text: string): URL {
  const [beginning = '', protocol = '', credentials = '', port] = WITHOUT_HOST.exec(text) ?? []
  let url: URL
  try {
    url = new URL(`${protocol}${text.slice(beginning.length)}`)
    const [user = '', password] = credentials.split(/:(.*)/s)
    if (user !== '') url.searchParams.set('user', decodeURIComponent(user))
    if (password !== undefined) url.searchParams.set('password', decodeURIComponent(password))
  } catch {
    throw new Error('not a postgresql:// URL')
  }
  if (!PROTOCOLS.includes(url.protocol)) throw new Error('not a postgresql:// URL')
  if (port !== undefined) url.searchParams.set('port', port)
  const name = url.searchParams.get('dbname')
  if (name !== null && /^\/?$/.test(url.pathname)) url.pathname = `/${encodeURIComponent(name)}`
  url.searchParams.delete('dbname')
  return url
}

export function isDatabaseUrl(text: string): boolean {
  try {
    parseDatabaseUrl(text)
    return true
  } catch {
    return false
  }
}

/** `url` for pg. */
export function connectionString(url: string): string {
  const parsed = parseDatabaseUrl(url)
  // Prisma's own parameter; Postgres has none of that name.
  parsed.searchParams.delete('schema')
  return String(parsed)
}

/** Where it leads, without user and password. */
export function placeOf(url: string): string {
  const parsed = parseDatabaseUrl(url)
  return `${parsed.searchParams.get('host') ?? parsed.host}${parsed.pathname}`
}
