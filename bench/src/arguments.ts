import { parseArgs } from 'node:util'
import { ROW_NAMES, type RowName } from './rows/row.ts'

export const HELP = `npm run bench -- [options]

  --quick             small sizes, one run each, under two minutes
  --only <row>        this row alone; may be given again: ${ROW_NAMES.join(', ')}
  --json              one object on standard output instead of the table
  --records <n>       records of a drain (1,000,000; with --quick 100,000)
  --runs <n>          runs of each row, of which the medians count (3; with --quick 1)
  --backlog <n>       records of the row backlog (2,000,000)
  --seed <n>          of everything that is generated (1)
  --set NAME=value    a documented variable for api and writer; may be given again
  --endpoint <url>    the writer sends there; what came is then not counted
  --profile <folder>  api and writer leave CPU profiles there
  --picture <file>    measures delay and throughput against load, and draws them as SVG
  --serve <port>      only the discarding AWS server, until Ctrl-C
  --write <file>      only the generated records, as NDJSON
`

const QUICK_ROWS: readonly RowName[] = ROW_NAMES.filter(
  (name) => !name.startsWith('growth') && name !== 'backlog' && name !== 'isolation',
)

export type Arguments = {
  readonly help: boolean
  readonly quick: boolean
  readonly json: boolean
  readonly rows: readonly RowName[]
  readonly records: number
  readonly backlogRecords: number
  readonly runs: number
  readonly seed: number
  readonly settings: Readonly<Record<string, string>>
  readonly endpoint: string | undefined
  readonly profile: string | undefined
  readonly picture: string | undefined
  readonly serve: number | undefined
  readonly write: string | undefined
}

/** The command line, or what is wrong with it (thrown). */
export function readArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      records: { type: 'string' },
      runs: { type: 'string' },
      backlog: { type: 'string' },
      seed: { type: 'string' },
      set: { type: 'string', multiple: true },
      endpoint: { type: 'string' },
      profile: { type: 'string' },
      picture: { type: 'string' },
      serve: { type: 'string' },
      write: { type: 'string' },
    },
  })
  const { help, quick, json, endpoint, profile, picture, write } = values
  return {
    help,
    quick,
    json,
    rows: values.only ? values.only.map(rowNamed) : quick ? QUICK_ROWS : ROW_NAMES,
    records: whole('records', values.records, quick ? 100_000 : 1_000_000),
    backlogRecords: whole('backlog', values.backlog, quick ? 500_000 : 2_000_000),
    runs: whole('runs', values.runs, quick ? 1 : 3),
    seed: whole('seed', values.seed, 1),
    settings: Object.fromEntries((values.set ?? []).map(settingOf)),
    endpoint,
    profile,
    picture,
    serve: values.serve === undefined ? undefined : whole('serve', values.serve, 0),
    write,
  }
}

function rowNamed(name: string): RowName {
  const found = ROW_NAMES.find((row) => row === name)
  if (!found) throw new Error(`there is no row ${name}; there are ${ROW_NAMES.join(', ')}`)
  return found
}

function whole(name: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text.replaceAll(/[_,]/g, ''))
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} must be a whole number`)
  return value
}

function settingOf(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new Error(`--set ${text}: must be NAME=value`)
  return [text.slice(0, at), text.slice(at + 1)]
}
