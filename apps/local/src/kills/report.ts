import { count } from '../demo/report.ts'
import type { Chapter, Outcome } from './chapter.ts'
import { SERVICES, type Service } from './rounds.ts'
import { DESTINATION_TITLES } from './settings.ts'
import { killsOf, type Tally } from './tally.ts'

export type Run = {
  readonly seed: number
  readonly rounds: number
  readonly writers: number
  readonly durationMs: number
  readonly tally: Tally
  readonly chapters: readonly Chapter[]
}

/**
 * A writer that is stopped between its lease check and its socket write may repeat what it was about to send to CloudWatch
 * Logs, and nothing else may: a few calls of a few records, with this traffic.
 */
const REPEATS_PER_ZOMBIE_MAX = 100

/** Promises that the chapters show as broken, in words; none if all held. */
export function brokenPromises(chapters: readonly Chapter[]): string[] {
  return chapters.flatMap(({ outcomes, zombies }, index) => {
    const broken = SERVICES.flatMap((service) => brokenIn(service, outcomes[service], zombies))
    const [first, ...others] = SERVICES.map((service) => outcomes[service].unanswered)
    if (others.some((other) => first === undefined || !isSame(first, other))) {
      broken.push('records of lost answers are in one destination and not in another')
    }
    return broken.map((problem) => `chapter ${index + 1}: ${problem}`)
  })
}

/** All of a run, for people. */
export function report(run: Run): string {
  const { tally, chapters } = run
  const total = (of: (outcome: Outcome) => number, service: Service): number =>
    chapters.reduce((sum, { outcomes }) => sum + of(outcomes[service]), 0)
  const most = (of: (outcome: Outcome) => number, service: Service): number =>
    Math.max(0, ...chapters.map(({ outcomes }) => of(outcomes[service])))
  const book = (fate: keyof Chapter['book']): string => count(chapters.reduce((sum, one) => sum + one.book[fate], 0))
  const head = [
    `${count(run.rounds)} rounds in ${seconds(run.durationMs)}, seed ${run.seed}, ${run.writers} writers, 2 apis`,
    `${count(killsOf(tally))} kills (SIGKILL), ${count(tally.zombies)} writers paused beyond their leases (SIGSTOP, SIGCONT), ${count(tally.restarts)} restarts (SIGTERM)`,
    ...[...tally.kills].sort(([a], [b]) => a.localeCompare(b)).map(([kind, kills]) => `  ${kind}: ${count(kills)}`),
    `  (in ${count(tally.missed)} rounds the point was not reached in time and the kill fell on any moment)`,
    `${book('acknowledged')} records acknowledged, ${book('lost')} with a lost answer, ${book('refused')} refused`,
  ]
  const rows = SERVICES.map((service) => {
    const { before, after } = tally.inside[service]
    const cells = [
      `${count(before + after)} (${count(before)}/${count(after)})`,
      count(total(({ found }) => found, service)),
      count(total(({ missing }) => missing, service)),
      count(total(({ repeats }) => repeats, service)),
      count(total(({ repeatsPossible }) => repeatsPossible, service)),
      count(total(({ strangers }) => strangers, service)),
      count(total(({ unanswered }) => unanswered.size, service)),
      count(total(({ roomsOutOfOrder }) => roomsOutOfOrder, service)),
      seconds(most(({ delayP50Ms }) => delayP50Ms, service)),
      seconds(most(({ delayMaxMs }) => delayMaxMs, service)),
      seconds(most(({ pauseMaxMs }) => pauseMaxMs, service)),
    ]
    return [DESTINATION_TITLES[service], ...cells]
  })
  return [...head, '', grid([HEADER, ...rows])].join('\n')
}

const HEADER = [
  'Destination',
  'Kills inside a call (before/after its effect)',
  'Found',
  'Lost',
  'Repeats',
  'Counted as possible',
  'Strangers',
  'Of lost answers',
  'Rooms out of order',
  'Delay p50',
  'max',
  'Longest pause',
]

/** The same for programs. */
export function reportJson(run: Run, broken: readonly string[]): string {
  const { tally, chapters, ...rest } = run
  return `${JSON.stringify(
    {
      ...rest,
      killsAll: killsOf(tally),
      kills: Object.fromEntries(tally.kills),
      insideCall: tally.inside,
      zombies: tally.zombies,
      restarts: tally.restarts,
      missed: tally.missed,
      chapters,
      broken,
    },
    (_, value: unknown) => (value instanceof Set ? value.size : value),
    2,
  )}\n`
}

function brokenIn(service: Service, outcome: Outcome, zombies: number): string[] {
  const { missing, strangers, repeats, repeatsPossible, roomsOutOfOrder, examples } = outcome
  const ofZombies = zombies * REPEATS_PER_ZOMBIE_MAX
  const problems = [
    ...(missing > 0 ? [`${count(missing)} records are missing`] : []),
    ...(strangers > 0 ? [`${count(strangers)} records are there that nobody asked for like this`] : []),
    ...(service === 's3' && repeats > 0 ? [`${count(repeats)} repeats`] : []),
    ...(service !== 's3' && repeats > repeatsPossible
      ? [`${count(repeats)} repeats, and only ${count(repeatsPossible)} were counted as possible`]
      : []),
    ...(service === 'logs' && repeats > ofZombies
      ? [
          `${count(repeats)} repeats, more than the ${count(zombies)} writers that slept through their leases can explain`,
        ]
      : []),
    ...(service !== 'firehose' && roomsOutOfOrder > 0 ? [`${count(roomsOutOfOrder)} rooms are out of order`] : []),
  ]
  return problems.map((problem) => `${DESTINATION_TITLES[service]}: ${problem} (${examples.join('; ')})`)
}

function isSame(one: ReadonlySet<number>, other: ReadonlySet<number>): boolean {
  return one.size === other.size && [...one].every((number) => other.has(number))
}

/** Columns as wide as they must be, long headings broken over lines. */
function grid(rows: readonly (readonly string[])[]): string {
  const [header = [], ...body] = rows
  const titles = header.map((title) => title.split(' '))
  const height = Math.max(...titles.map((words) => words.length))
  const heading = Array.from({ length: height }, (_, line) =>
    titles.map((words) => words[line - (height - words.length)] ?? ''),
  )
  const widths = header.map((_, column) => Math.max(...[...heading, ...body].map((row) => (row[column] ?? '').length)))
  return [...heading, widths.map((width) => '-'.repeat(width)), ...body]
    .map((row) => row.map((cell, n) => (n === 0 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0))))
    .map((row) => `  ${row.join('  ')}`.trimEnd())
    .join('\n')
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}
