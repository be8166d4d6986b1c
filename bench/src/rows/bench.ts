import type { Postgres } from '@roomlog/embedded-postgres'
import type { AwsServer } from '../server/aws-server.ts'

/** What every row gets to work with. */
export type Bench = {
  readonly postgres: Postgres
  readonly server: AwsServer
  /** Where the writer sends to instead of our server; what it got is then not looked at. */
  readonly endpoint: string | undefined
  readonly seed: number
  readonly quick: boolean
  /** Of one drain. */
  readonly records: number
  /** Of the row `backlog`. */
  readonly backlogRecords: number
  readonly runs: number
  /** Documented variables for api and writer. */
  readonly settings: Readonly<Record<string, string>>
  /** Folder for CPU profiles of api and writer. */
  readonly profile: string | undefined
  progress(line: string): void
}

export const ROOMS = 200
/** Of the first record of a drain; a fixed one, so that every byte is the same each time. */
export const START_MS = Date.UTC(2026, 0, 15, 12)
/** For anything that is waited for. */
export const PATIENCE_MS = 15 * 60_000
