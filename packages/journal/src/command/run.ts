import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import pg from 'pg'
import { sqlState } from '../postgres/errors.ts'
import { reasonOf } from '../reason.ts'
import type { ClockSources } from '../time/database-clock.ts'
import { healTime } from './heal-time.ts'
import { listPartitions } from './list.ts'
import { setBatchAside } from './set-aside.ts'

export type Output = { print(text: string): void; complain(text: string): void }

/** The process's clocks; the database's is asked for. */
export type Clocks = Pick<ClockSources, 'monotonicNs' | 'wallMs' | 'uptimeMs' | 'trustDatabase'>

/** The options that were given. */
export type Asked = { readonly numbers: Readonly<Record<string, number>>; readonly flags: ReadonlySet<string> }

export type Subcommand = {
  readonly does: string
  /** What stands behind its name. */
  readonly usage: string
  /** Options that take a whole number, and such that take nothing. */
  readonly numbers: readonly string[]
  readonly flags: readonly string[]
  /** In words what is wrong with what was asked for, if something is. */
  wrong(asked: Asked): string | undefined
  /** Whether it has done what was asked for. */
  run(pool: pg.Pool, asked: Asked, output: Output, clocks: Clocks): Promise<boolean>
}

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  list: listPartitions,
  'set-aside': setBatchAside,
  'heal-time': healTime,
}

const usageOf = ([name, { usage }]: [string, Subcommand]) => `roomlog-journal ${name} ${usage}`.trim()

const USAGE = `roomlog-journal: looks after the journal, for operators of the database

${Object.entries(SUBCOMMANDS)
  .map((each) => `  ${usageOf(each)}\n      ${each[1].does}`)
  .join('\n')}

DATABASE_URL=postgresql://user:password@host:5432/database says where it is; api and writer may go on meanwhile.
ROOMLOG_CLOCK=database has the database's clock believed, whatever this machine's says.
Exit codes: 0 done, 1 failed or refused, 2 wrong usage.
`

/** What the command does; the answer is its exit code. */
export async function run(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  output: Output,
  clocks: Clocks,
): Promise<0 | 1 | 2> {
  if (args.includes('--help')) {
    output.print(USAGE)
    return 0
  }
  const asked = parse(args)
  const url = env['DATABASE_URL'] ?? ''
  const wrong = typeof asked === 'string' ? asked : wrongUrl(url)
  if (typeof asked === 'string' || wrong !== undefined) {
    output.complain(`${wrong}\n\n${USAGE}`)
    return 2
  }
  const pool = openPool(url)
  try {
    return (await asked.subcommand.run(pool, asked, output, {
      ...clocks,
      trustDatabase: env['ROOMLOG_CLOCK'] === 'database',
    }))
      ? 0
      : 1
  } catch (error) {
    output.complain(wordsFor(error))
    return 1
  } finally {
    await pool.end()
  }
}

/** In words what is wrong, if something is. */
function parse(args: readonly string[]): string | (Asked & { readonly subcommand: Subcommand }) {
  const [name = '', ...rest] = args
  const subcommand = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined
  if (!subcommand) return name === '' ? 'say what to do' : `unknown command ${name}`
  try {
    const options: ParseArgsOptionsConfig = {}
    for (const option of subcommand.numbers) options[option] = { type: 'string' }
    for (const option of subcommand.flags) options[option] = { type: 'boolean' }
    const { values } = parseArgs({ args: rest, options })
    const numbers: Record<string, number> = {}
    for (const option of subcommand.numbers) {
      const value = values[option]
      if (value === undefined) continue
      if (typeof value !== 'string' || !/^\d{1,15}$/.test(value)) return `--${option} must be a whole number`
      numbers[option] = Number(value)
    }
    const asked = { numbers, flags: new Set(subcommand.flags.filter((option) => values[option] === true)) }
    return subcommand.wrong(asked) ?? { subcommand, ...asked }
  } catch (error) {
    return reasonOf(error)
  }
}

function wrongUrl(url: string): string | undefined {
  return /^postgres(ql)?:\/\//.test(url) ? undefined : 'DATABASE_URL must be a postgresql:// URL'
}

// What the statements are written for, and bounds: whoever holds a lock must not hold an operator up for ever.
const SESSION = `set search_path = roomlog; set default_transaction_isolation = 'read committed'; set datestyle = 'ISO';
                 set lock_timeout = '10s'; set statement_timeout = '60s'`

function openPool(url: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    application_name: 'roomlog-journal',
    connectionTimeoutMillis: 10_000,
    verify: (client, done) => void client.query(SESSION).then(() => done(), done),
  })
  // Without a listener the process would end; the query that fails says more.
  pool.on('error', ignore)
  return pool
}

function ignore(): void {}

const UNKNOWN_TABLE = '42P01'
const UNKNOWN_COLUMN = '42703'

function wordsFor(error: unknown): string {
  const state = sqlState(error)
  if (state === UNKNOWN_TABLE || state === UNKNOWN_COLUMN) {
    return `DATABASE_URL leads to a database without Roomlog's tables of this version: run roomlog-migrate (${reasonOf(error)})`
  }
  return reasonOf(error)
}
