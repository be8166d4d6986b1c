import { RATE_NAMES } from './contract.ts'

const RATES = RATE_NAMES.map((name) => `ROOMLOG_RATE_${name}`)

/**
 * Every variable `ROOMLOG_*` that some part of Roomlog reads, so that each part can tell a typo from a variable of its
 * sibling's. `pnpm check:docs` holds it to what is read and to docs/configuration.md.
 */
export const VARIABLES: readonly string[] = [
  ...RATES,
  'ROOMLOG_ACCOUNT_ID',
  'ROOMLOG_API_PORT',
  'ROOMLOG_AWS_PORT',
  'ROOMLOG_BUFFER_MB',
  'ROOMLOG_CHECK_SECONDS',
  'ROOMLOG_CLOCK',
  'ROOMLOG_DATABASE_CONNECTIONS_MAX',
  'ROOMLOG_DATABASE_URL',
  'ROOMLOG_ENCRYPTION_KEY',
  'ROOMLOG_FIREHOSE_PACK_KB',
  'ROOMLOG_FOLDER',
  'ROOMLOG_JOURNAL_PARTITIONS',
  'ROOMLOG_LEASE_SECONDS',
  'ROOMLOG_LINGER_MS',
  'ROOMLOG_LOGGING_CONFIGURATIONS_MAX',
  'ROOMLOG_LOG_LEVEL',
  'ROOMLOG_MIGRATE',
  'ROOMLOG_POLL_MS',
  'ROOMLOG_POSTGRES_PORT',
  'ROOMLOG_READ_BACK_SETTLE_SECONDS',
  'ROOMLOG_REQUESTS_MAX',
  'ROOMLOG_REQUEST_TIMEOUT_SECONDS',
  'ROOMLOG_RETENTION_DAYS',
  'ROOMLOG_RETENTION_GB',
  'ROOMLOG_ROOMS_MAX',
  'ROOMLOG_ROOM_RATE_MAX',
  'ROOMLOG_ROOT_ACCESS_KEY_ID',
  'ROOMLOG_ROOT_SECRET_ACCESS_KEY',
  'ROOMLOG_S3_ACL',
  'ROOMLOG_S3_CHECKSUM',
  'ROOMLOG_S3_FLUSH_SECONDS',
  'ROOMLOG_S3_GZIP_LEVEL',
  'ROOMLOG_S3_OBJECT_MB',
  'ROOMLOG_S3_REQUEST_TIMEOUT_SECONDS',
  'ROOMLOG_SHUTDOWN_SECONDS',
  'ROOMLOG_WRITER_PORT',
]

/** Of the test runs alone. */
const OF_TESTS = /^ROOMLOG_(?:TEST|SIMULATION|PACE)_/
const PREFIX = 'ROOMLOG_'
/** More changes than this, or than to a third of the name, make another name of it. */
const TYPOS_MAX = 3

/** One sentence for each variable that is named like one of ours and is none, with the name that may have been meant. */
export function unknownVariables(names: Iterable<string>): readonly string[] {
  const known = new Set<string>(VARIABLES)
  return [...names]
    .filter((name) => name.startsWith(PREFIX) && !known.has(name) && !OF_TESTS.test(name))
    .sort()
    .map((name) => {
      const [nearest] = VARIABLES.map((other) => ({ other, typos: distance(name, other) })).sort(
        (a, b) => a.typos - b.typos,
      )
      const typosMax = Math.min(TYPOS_MAX, (name.length - PREFIX.length) / 3)
      const meant = nearest !== undefined && nearest.typos <= typosMax ? `; was ${nearest.other} meant?` : ''
      return `${name} is no variable of Roomlog and has no effect${meant}`
    })
}

/** How many characters have to be put in, taken away or replaced to make one of the other (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i)
  for (const [i, char] of [...one].entries()) {
    const next = [i + 1]
    for (const [j, otherChar] of [...other].entries()) {
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (char === otherChar ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
