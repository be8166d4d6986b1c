import { parseArgs } from 'node:util'
import { Failure } from './failure.ts'

const WRITERS = 3

export type StartArguments = { readonly command: 'start'; readonly database: string | undefined; readonly aws: boolean }
export type DemoArguments = {
  readonly command: 'demo'
  readonly file: string | undefined
  readonly limit: number | undefined
  readonly keep: boolean
  readonly killWriterEverySeconds: number | undefined
}
export type KillsArguments = {
  readonly command: 'kills'
  readonly rounds: number
  /** Of what is drawn; moments are as the machine makes them. */
  readonly seed: number | undefined
  readonly writers: number
  readonly keep: boolean
  /** File for the report. */
  readonly json: string | undefined
}
export type AttackArguments = {
  readonly command: 'attack'
  /** Rows to play; all if none is named. */
  readonly only: readonly string[]
  /** Folder of a checkout whose built api and writer are attacked. */
  readonly apps: string | undefined
  readonly keep: boolean
  /** File for the report. */
  readonly json: string | undefined
}
export type Arguments = StartArguments | DemoArguments | KillsArguments | AttackArguments | { readonly command: 'help' }

export const HELP = `Roomlog on one machine.

npm start [-- options]        Postgres, a stand-in for AWS, api and writer, until Ctrl-C; keeps its data in .roomlog
  --database URL              use this PostgreSQL instead of the embedded one (or set ROOMLOG_DATABASE_URL)
  --aws                       record to AWS instead of the stand-in, with the SDK's standard variables

npm run demo [-- options]     sends a conversation to a system of its own, waits until it is delivered, reads it back
  --file PATH                 send this one instead: NDJSON, or NDJSON in gzip (.gz), one request a line:
                              {"room","time","type":"message","sender","content"} or
                              {"room","time","type":"event","eventName","attributes"}
  --limit N                   only the first N requests of the file
  --keep                      keep the data folder of the demo
  --kill-writer-every SECONDS kill the writer (SIGKILL) that often until everything is delivered;
                              one that has delivered nothing yet lives as long again

npm run kills -- --rounds N   kills writers, apis, the stand-in and Postgres of a system of its own while traffic flows,
                              reads every destination back and judges it; about one round a second on two cores
  --seed N                    draws the rounds again that another run has drawn
  --writers N                 3 if not given
  --keep                      keep the data folder of the run
  --json PATH                 write the report there too, as JSON

npm run attack [-- options]   floods and deceives a system of its own, over loopback alone, for about five minutes, and says
                              what a well-behaved account saw meanwhile; 1 if something did not hold
  --only ROW[,ROW]            only these rows, as F1 (docs/security.md lists them)
  --apps CHECKOUT             attacks the api and writer that are built in another checkout, an older version say
  --keep                      keep the data folder of the run
  --json PATH                 write the report there too, as JSON

Variables of npm start:
  ROOMLOG_API_PORT 3000, ROOMLOG_WRITER_PORT 3001, ROOMLOG_AWS_PORT 4566, ROOMLOG_POSTGRES_PORT 5433
  ROOMLOG_DATABASE_URL        as --database; DATABASE_URL is not looked at
  ROOMLOG_FOLDER              data folder, .roomlog in the project if unset
  ROOMLOG_*                   all others go to api and writer as they are
`

/** Reads the command line, or says what is wrong with it. */
export function readArguments(args: readonly string[]): Arguments {
  const [command, ...rest] = args
  if (command === undefined || command === 'help' || args.includes('--help') || args.includes('-h')) {
    return { command: 'help' }
  }
  try {
    if (command === 'start') return startArguments(rest)
    if (command === 'demo') return demoArguments(rest)
    if (command === 'kills') return killsArguments(rest)
    if (command === 'attack') return attackArguments(rest)
  } catch (error) {
    if (error instanceof TypeError) throw new Failure(`${error.message}\n\n${HELP}`, 2)
    throw error
  }
  throw new Failure(`There is no command "${command}".\n\n${HELP}`, 2)
}

function startArguments(args: string[]): StartArguments {
  const options = { database: { type: 'string' }, aws: { type: 'boolean' } } as const
  const { values } = parseArgs({ args, options, strict: true })
  const { database } = values
  if (database !== undefined && !/^postgres(ql)?:\/\//.test(database)) {
    throw new Failure('--database takes a URL that begins with postgresql://', 2)
  }
  return { command: 'start', database, aws: values.aws === true }
}

function demoArguments(args: string[]): DemoArguments {
  const options = {
    file: { type: 'string' },
    limit: { type: 'string' },
    keep: { type: 'boolean' },
    'kill-writer-every': { type: 'string' },
  } as const
  const { values } = parseArgs({ args, options, strict: true })
  if (values.limit !== undefined && values.file === undefined) throw new Failure('--limit goes with --file', 2)
  return {
    command: 'demo',
    file: values.file,
    limit: positive('--limit', values.limit, Number.isSafeInteger),
    keep: values.keep === true,
    killWriterEverySeconds: positive('--kill-writer-every', values['kill-writer-every'], Number.isFinite),
  }
}

function killsArguments(args: string[]): KillsArguments {
  const options = {
    rounds: { type: 'string' },
    seed: { type: 'string' },
    writers: { type: 'string' },
    keep: { type: 'boolean' },
    json: { type: 'string' },
  } as const
  const { values } = parseArgs({ args, options, strict: true })
  const rounds = positive('--rounds', values.rounds, Number.isSafeInteger)
  if (rounds === undefined) throw new Failure(`kills takes --rounds\n\n${HELP}`, 2)
  return {
    command: 'kills',
    rounds,
    seed: positive('--seed', values.seed, Number.isSafeInteger),
    writers: positive('--writers', values.writers, Number.isSafeInteger) ?? WRITERS,
    keep: values.keep === true,
    json: values.json,
  }
}

function attackArguments(args: string[]): AttackArguments {
  const options = {
    only: { type: 'string' },
    apps: { type: 'string' },
    keep: { type: 'boolean' },
    json: { type: 'string' },
  } as const
  const { values } = parseArgs({ args, options, strict: true })
  return {
    command: 'attack',
    only: values.only === undefined ? [] : values.only.split(','),
    apps: values.apps,
    keep: values.keep === true,
    json: values.json,
  }
}

function positive(name: string, text: string | undefined, valid: (value: number) => boolean): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!valid(value) || value <= 0) throw new Failure(`${name} takes a number greater than 0, not "${text}"`, 2)
  return value
}
