import { type Round, SERVICES, type Service } from './rounds.ts'

/** What a process was killed at. */
export type KillKind =
  | 'writer, any moment'
  | 'writer, inside a call before its effect'
  | 'writer, inside a call after its effect'
  | 'writer, before its settle'
  | 'writer, after its settle'
  | 'writer, woken up'
  | 'api, any moment'
  | 'api, append committed and not answered'
  | 'stand-in'
  | 'postgres'

/** What was done in a run so far. */
export type Tally = {
  /** By SIGKILL. */
  readonly kills: Map<KillKind, number>
  /** Kills of a writer that had calls of the service open: before the effect of all of them, or after that of some. */
  readonly inside: Record<Service, { before: number; after: number }>
  /** Writers that slept through their leases. */
  zombies: number
  /** By SIGTERM. */
  restarts: number
  /** Rounds whose point was not reached in time; their kill fell on any moment. */
  missed: number
}

export function newTally(): Tally {
  const inside = { s3: zero(), logs: zero(), firehose: zero() }
  return { kills: new Map(), inside, zombies: 0, restarts: 0, missed: 0 }
}

export function countKill(tally: Tally, kind: KillKind): void {
  tally.kills.set(kind, (tally.kills.get(kind) ?? 0) + 1)
}

/** Notes the calls that were open when a writer was killed. */
export function countInside(
  tally: Tally,
  calls: readonly { readonly service: Service; readonly ran: boolean }[],
): void {
  for (const service of SERVICES) {
    const open = calls.filter((call) => call.service === service)
    if (open.length === 0) continue
    if (open.some(({ ran }) => ran)) tally.inside[service].after += 1
    else tally.inside[service].before += 1
  }
}

export function killsOf(tally: Tally): number {
  return [...tally.kills.values()].reduce((sum, count) => sum + count, 0)
}

/** What a kill of a writer in that round is counted as when its point was reached. */
export function kindOf(round: Extract<Round, { readonly kind: 'call' | 'settle' | 'moment' }>): KillKind {
  switch (round.kind) {
    case 'moment':
      return 'writer, any moment'
    case 'call':
      return round.point === 'before'
        ? 'writer, inside a call before its effect'
        : 'writer, inside a call after its effect'
    case 'settle':
      return round.point === 'before' ? 'writer, before its settle' : 'writer, after its settle'
  }
}

function zero() {
  return { before: 0, after: 0 }
}
