import { between, pick, type Random } from './random.ts'

export const SERVICES = ['s3', 'logs', 'firehose'] as const
export type Service = (typeof SERVICES)[number]

/** What one round does to the system. */
export type Round =
  /** SIGKILL to any writer. */
  | { readonly kind: 'moment'; readonly afterMs: number }
  /** SIGKILL to the writer that has a call of this service open, before or after the call's effect. */
  | { readonly kind: 'call'; readonly service: Service; readonly point: 'before' | 'after'; readonly afterMs: number }
  /** SIGKILL to a writer whose progress is just about to reach Postgres, or has just been committed there. */
  | { readonly kind: 'settle'; readonly point: 'before' | 'after' }
  /** SIGSTOP to writers for longer than their leases, then SIGCONT. */
  | { readonly kind: 'zombie'; readonly writers: 1 | 2; readonly beyondLeaseMs: number; readonly end: ZombieEnd }
  /** SIGTERM to a writer, a new one in its place. */
  | { readonly kind: 'restart' }
  /** SIGKILL to an api, at any moment or when an append was committed and not yet answered. */
  | { readonly kind: 'api'; readonly api: 0 | 1; readonly point: 'moment' | 'append' }
  | { readonly kind: 'stand-in' }
  | { readonly kind: 'postgres' }

/** What becomes of a writer that has woken up. */
export type ZombieEnd = 'lives' | 'killed'

// Of a hundred rounds. Most are kills inside an open call: those of each destination are to be many.
const WEIGHTS: readonly (readonly [Round['kind'], number])[] = [
  ['call', 66],
  ['moment', 10],
  ['settle', 10],
  ['zombie', 6],
  ['restart', 2],
  ['api', 3],
  ['stand-in', 1.5],
  ['postgres', 1.5],
]

/** Draws rounds; calls are struck in turn, so that each destination gets as many as the others. */
export function createRounds(random: Random): () => Round {
  let calls = 0
  const draws: { readonly [kind in Round['kind']]: () => Round } = {
    call: () => {
      const turn = calls++
      const service = SERVICES[turn % SERVICES.length] ?? 's3'
      const point = Math.floor(turn / SERVICES.length) % 2 === 0 ? 'before' : 'after'
      return { kind: 'call', service, point, afterMs: between(random, 0, 60) }
    },
    moment: () => ({ kind: 'moment', afterMs: between(random, 0, 500) }),
    settle: () => ({ kind: 'settle', point: pick(random, ['before', 'after'] as const) ?? 'before' }),
    zombie: () => ({
      kind: 'zombie',
      writers: random() < 0.3 ? 2 : 1,
      beyondLeaseMs: between(random, 100, 2_500),
      end: pick(random, ['lives', 'killed'] as const) ?? 'lives',
    }),
    restart: () => ({ kind: 'restart' }),
    api: () => ({
      kind: 'api',
      api: random() < 0.5 ? 0 : 1,
      point: pick(random, ['moment', 'append'] as const) ?? 'moment',
    }),
    'stand-in': () => ({ kind: 'stand-in' }),
    postgres: () => ({ kind: 'postgres' }),
  }
  return () => draws[drawKind(random)]()
}

function drawKind(random: Random): Round['kind'] {
  const total = WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0)
  let at = random() * total
  for (const [kind, weight] of WEIGHTS) {
    at -= weight
    if (at < 0) return kind
  }
  return 'moment'
}
