import { count } from '../demo/report.ts'

/** What an account that does nothing wrong got for its requests, while something else went on. */
export type Neighbour = {
  /** Messages sent, one by one at a steady pace. */
  readonly sends: Answers
  /** `GET /healthz`, each on a connection of its own. */
  readonly health: Answers
}

export type Answers = {
  readonly asked: number
  /** With a 200. */
  readonly answered: number
  /** Of those that were answered with a 200; undefined if none was. */
  readonly p99Ms: number | undefined
  /** The longest of them. Of `/healthz`, which needs nothing but a turn of the event loop, it bounds the loop's delay. */
  readonly longestMs: number | undefined
}

/** What must hold meanwhile, whatever a row tries. */
export type Bounds = {
  readonly answeredShareMin: number
  readonly p99MaxMs: number
  readonly apiBytesMax: number
}

/** A row that was played. */
export type Played = {
  /** How many of what the row tries. */
  readonly tried: number
  /** What is worth telling beside the verdict. */
  readonly notes: readonly string[]
  /** What did not hold of the row's own promise. */
  readonly broken: readonly string[]
}

export type Seen = Played & {
  readonly neighbour: Neighbour
  /** Resident memory of the api at its highest; undefined where the system does not tell. */
  readonly apiBytesMax: number | undefined
}

/** Generous: what is to be noticed is an api that is shut or swollen, not a machine that is busy. */
export const BOUNDS: Bounds = { answeredShareMin: 0.95, p99MaxMs: 2_000, apiBytesMax: 512 * 1024 * 1024 }

const QUIET_TIMES = 10

/** A machine that is slow by itself, while nothing is tried, may be ten times slower under an attack. */
export function boundsOn(quiet: Neighbour): Bounds {
  const quietMs = Math.max(quiet.sends.p99Ms ?? 0, quiet.health.p99Ms ?? 0)
  return { ...BOUNDS, p99MaxMs: Math.max(BOUNDS.p99MaxMs, QUIET_TIMES * quietMs) }
}

/** What does not hold, in words; none if all does. */
export function brokenIn(seen: Seen, bounds: Bounds): string[] {
  const { neighbour, apiBytesMax } = seen
  return [
    ...seen.broken,
    ...brokenAnswers('sends of another account', neighbour.sends, bounds),
    ...brokenAnswers('calls of /healthz', neighbour.health, bounds),
    ...(apiBytesMax !== undefined && apiBytesMax > bounds.apiBytesMax
      ? [`the api took ${inMebibytes(apiBytesMax)}, more than ${inMebibytes(bounds.apiBytesMax)}`]
      : []),
  ]
}

export function inMebibytes(bytes: number): string {
  return `${count(Math.round(bytes / (1024 * 1024)))} MiB`
}

function brokenAnswers(what: string, { asked, answered, p99Ms }: Answers, bounds: Bounds): string[] {
  if (answered < asked * bounds.answeredShareMin) return [`${count(answered)} of ${count(asked)} ${what} were answered`]
  if (p99Ms !== undefined && p99Ms > bounds.p99MaxMs) {
    return [`${what} took ${(p99Ms / 1_000).toFixed(1)} s at the 99th percentile`]
  }
  return []
}
