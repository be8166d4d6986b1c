import { z } from 'zod'
import { type Bending, SERVICES, type Service } from './call.ts'

/** Which calls a fault strikes. All members are optional; one that is absent matches everything. */
const Strikes = z.object({
  id: z.string().min(1).optional(),
  service: z.enum(SERVICES).optional(),
  operation: z.string().optional(),
  /** `bucket`, `bucket/key`, `group`, `group:stream` or a delivery stream; `*` at the end matches any rest. */
  target: z.string().optional(),
  /** Calls to let pass first. */
  skip: z.int().min(0).optional(),
  /** Calls to strike; without it the fault stays until it is removed. */
  count: z.int().min(1).optional(),
  /** Of striking a call that matches. */
  probability: z.number().min(0).max(1).optional(),
})

const Milliseconds = z.number().min(0).max(3_600_000)

/** A fault to inject, as it is posted to `/_local/faults`. */
export const Fault = z.discriminatedUnion('effect', [
  /** SlowDown or ThrottlingException. */
  Strikes.extend({ effect: z.literal('throttle') }),
  Strikes.extend({
    effect: z.literal('error'),
    status: z.int().min(300).max(599),
    name: z.string(),
    message: z.string().optional(),
  }),
  Strikes.extend({ effect: z.literal('accessDenied') }),
  /** NoSuchBucket or ResourceNotFoundException. */
  Strikes.extend({ effect: z.literal('missing') }),
  /** Runs and answers, later. */
  Strikes.extend({ effect: z.literal('latency'), ms: Milliseconds }),
  /** Runs at once, answers later. */
  Strikes.extend({ effect: z.literal('slowAnswer'), ms: Milliseconds }),
  /** Takes the request, does nothing, never answers. */
  Strikes.extend({ effect: z.literal('hang') }),
  /** Runs, then cuts the connection instead of answering. */
  Strikes.extend({ effect: z.literal('answerLost') }),
  /** Does nothing until the client is gone; runs `ms` later. */
  Strikes.extend({ effect: z.literal('late'), ms: Milliseconds }),
  /** PutRecordBatch: these records of the request fail, or this share of them, drawn one by one. */
  Strikes.extend({
    effect: z.literal('partial'),
    indexes: z.array(z.int().min(0)).optional(),
    fraction: z.number().min(0).max(1).optional(),
  }),
  /** Reads of log events do not show those younger than `ms`. */
  Strikes.extend({ effect: z.literal('readLag'), ms: Milliseconds }),
  /** FilterLogEvents answers an empty page with a token, as it may at any time. Give it a `count` or `probability`. */
  Strikes.extend({ effect: z.literal('emptyPage') }),
  /** PutObject overwrites, as stores do that do not know conditional writes. */
  Strikes.extend({ effect: z.literal('ignoreIfNoneMatch') }),
  /** Somebody else answers in the service's place, and nothing happened: a proxy, a sign-in page, an empty success. */
  Strikes.extend({
    effect: z.literal('answer'),
    status: z.int().min(200).max(599),
    contentType: z.string().optional(),
    body: z.string().default(''),
  }),
  /** A proxy's answer: status 502 with an HTML body. */
  Strikes.extend({ effect: z.literal('html502') }),
  /** The same with status 200, and nothing done: with no body, or the one given. */
  Strikes.extend({ effect: z.literal('falseSuccess'), body: z.string().optional() }),
  /** Cuts the connection before anything happens. */
  Strikes.extend({ effect: z.literal('resetBefore') }),
])
export type Fault = z.infer<typeof Fault>
export type FaultState = Fault & { readonly id: string; readonly struck: number }

/** What the faults that strike one call make of it. */
export type Plan = {
  readonly latencyMs: number
  /** Between the effect and the answer. */
  readonly answerLatencyMs: number
  readonly bending: Bending
  /** The effect that takes the place of an ordinary run and answer. */
  readonly instead: Fault | undefined
  readonly ids: readonly string[]
}

export type FaultControl = {
  /** Adds a fault, behind those that are there; returns its id. */
  add(fault: Fault): string
  list(): readonly FaultState[]
  remove(id: string): boolean
  clear(): void
}

export function createFaults(random: () => number): FaultControl & {
  plan(service: Service, operation: string, target: string): Plan
} {
  const faults = new Map<string, { fault: Fault; passed: number; struck: number }>()
  let added = 0

  return {
    add(fault) {
      added += 1
      const id = fault.id ?? `fault-${added}`
      faults.set(id, { fault, passed: 0, struck: 0 })
      return id
    },
    list: () => [...faults].map(([id, { fault, struck }]) => ({ ...fault, id, struck })),
    remove: (id) => faults.delete(id),
    clear: () => faults.clear(),
    plan(service, operation, target) {
      let latencyMs = 0
      let answerLatencyMs = 0
      let bending: Bending = {}
      let instead: Fault | undefined
      const ids: string[] = []
      for (const [id, state] of faults) {
        const { fault } = state
        const used = fault.count !== undefined && state.struck >= fault.count
        if (used || !matches(fault, service, operation, target)) continue
        const bends = bendingOf(fault, random)
        // Of several that take the place of the answer the first wins; the others wait for a later call.
        const delays = fault.effect === 'latency' || fault.effect === 'slowAnswer'
        if (bends === undefined && !delays && instead !== undefined) continue
        if (state.passed < (fault.skip ?? 0)) {
          state.passed += 1
          continue
        }
        if (fault.probability !== undefined && random() >= fault.probability) continue
        state.struck += 1
        ids.push(id)
        if (fault.effect === 'latency') latencyMs += fault.ms
        else if (fault.effect === 'slowAnswer') answerLatencyMs += fault.ms
        else if (bends !== undefined) bending = { ...bending, ...bends }
        else instead = fault
      }
      return { latencyMs, answerLatencyMs, bending, instead, ids }
    },
  }
}

const MADE_FOR: Partial<Record<Fault['effect'], readonly string[]>> = {
  partial: ['PutRecordBatch'],
  readLag: ['FilterLogEvents', 'GetLogEvents'],
  emptyPage: ['FilterLogEvents'],
  ignoreIfNoneMatch: ['PutObject'],
}

function matches(fault: Fault, service: Service, operation: string, target: string): boolean {
  if (fault.service !== undefined && fault.service !== service) return false
  if (fault.operation !== undefined && fault.operation !== operation) return false
  if (MADE_FOR[fault.effect]?.includes(operation) === false) return false
  if (fault.target === undefined) return true
  if (fault.target.endsWith('*')) return target.startsWith(fault.target.slice(0, -1))
  const separator = service === 's3' ? '/' : ':'
  return target === fault.target || target.split(separator, 1)[0] === fault.target
}

function bendingOf(fault: Fault, random: () => number): Bending | undefined {
  if (fault.effect === 'readLag') return { readLagMs: fault.ms }
  if (fault.effect === 'emptyPage') return { emptyPage: true }
  if (fault.effect === 'ignoreIfNoneMatch') return { ignoreIfNoneMatch: true }
  if (fault.effect !== 'partial') return undefined
  const { indexes, fraction = 1 } = fault
  if (indexes !== undefined) return { fails: (index) => indexes.includes(index) }
  const drawn = new Map<number, boolean>()
  return {
    fails(index) {
      const failed = drawn.get(index) ?? random() < fraction
      drawn.set(index, failed)
      return failed
    },
  }
}
