import type { Failure, FailureClass, RecallOutcome, WriteOutcome } from '@roomlog/sinks'
import { type Clock, sleep } from '../clock.ts'
import type { Life } from './life.ts'
import type { Trouble } from './trouble.ts'

export type Recalled = Extract<RecallOutcome, { status: 'recalled' }>

/** What is left for the caller to decide. */
export type Attempted =
  | Exclude<WriteOutcome, { status: 'retry' | 'refused' }>
  | { readonly status: 'refused'; readonly scope: 'batch' | 'unknown'; readonly failure: Failure }
  | Recalled
  | { readonly status: 'stopped' }
  /** Out of patience: the lane should let go of its memory and come back. */
  | { readonly status: 'stuck' }

export type AttemptContext = {
  readonly clock: Clock
  readonly life: Life
  readonly trouble: Trouble
  /** Of one attempt, as the last resort behind the client's own timeouts. */
  readonly attemptTimeoutMs: number
  /** Failures in a row before the answer is `stuck`; undefined never gives up. */
  readonly patience: number | undefined
  readonly onFailure: (failure: Failure) => void
  /** Asked right before each attempt; false means wait a little and ask again. */
  readonly mayAttempt?: (() => boolean) | undefined
}

const ASK_AGAIN_AFTER_MS = 100

const TIMED_OUT: Failure = {
  class: 'network',
  name: 'TimeoutError',
  message: 'No answer in time. If it lasts, check the network and the endpoint.',
  metric: 'LogDestinationErrors',
}

/** The SDK mends these between two attempts, or a person must. */
const MENDED_AT_ONCE: ReadonlySet<FailureClass> = new Set<FailureClass>(['clock', 'credentials'])

/** The one layer that owns retry and time: attempts until the outcome is one that its caller must act on. */
export async function attempt(
  context: AttemptContext,
  once: (signal: AbortSignal) => Promise<WriteOutcome | Recalled>,
): Promise<Attempted> {
  const { life, trouble } = context
  let wasPrepared = false
  for (;;) {
    const wasProbe = await trouble.turn(life.stopping)
    while (!life.stopping.aborted && context.mayAttempt?.() === false) {
      await sleep(context.clock, ASK_AGAIN_AFTER_MS, life.stopping)
    }
    if (isOver(context)) {
      trouble.passed()
      return { status: 'stopped' }
    }
    const outcome = await timed(context, once)
    switch (outcome.status) {
      case 'stopped':
        trouble.passed()
        return outcome
      case 'unknown':
        context.onFailure(outcome.failure)
        trouble.failed(outcome.failure, { held: false, wasProbe })
        return outcome
      case 'retry':
        // A retry at once is a step of the protocol (a stream was created), not a failure; but only the first time.
        if (outcome.retryAfterMs === 0 && !wasPrepared) {
          wasPrepared = true
          trouble.passed()
          continue
        }
        context.onFailure(outcome.failure)
        trouble.failed(outcome.failure, {
          held: wasProbe && MENDED_AT_ONCE.has(outcome.failure.class),
          wasProbe,
          retryAfterMs: outcome.retryAfterMs || undefined,
        })
        break
      case 'refused':
        context.onFailure(outcome.failure)
        // A word about the batch says nothing of the destination's health, good or bad.
        if (outcome.scope === 'batch') trouble.passed()
        else trouble.failed(outcome.failure, { held: true, wasProbe })
        // The caller finds out by smaller batches which of the two an unknown name is about; each waits for its turn here.
        if (outcome.scope !== 'destination') return { ...outcome, scope: outcome.scope }
        break
      case 'recalled':
        // That it can be read says nothing about writing.
        trouble.passed()
        return outcome
      case 'partial':
        if (outcome.failure) context.onFailure(outcome.failure)
        trouble.over()
        return outcome
      case 'delivered':
      case 'occupied':
        trouble.over()
        return outcome
    }
    if (context.patience !== undefined && (trouble.held || trouble.failures >= context.patience)) {
      return { status: 'stuck' }
    }
  }
}

/** While all is well, a stop lets the open cycle be sent to its end: what was intended and not sent must be read back. */
function isOver({ life, trouble, mayAttempt }: AttemptContext): boolean {
  if (!life.stopping.aborted) return false
  return life.killed.aborted || trouble.failures > 0 || mayAttempt?.() === false
}

async function timed(
  { clock, life, attemptTimeoutMs }: AttemptContext,
  once: (signal: AbortSignal) => Promise<WriteOutcome | Recalled>,
): Promise<WriteOutcome | Recalled | { readonly status: 'stopped' }> {
  const cancel = new AbortController()
  const stop = () => cancel.abort()
  if (life.killed.aborted) stop()
  life.killed.addEventListener('abort', stop)
  const callOff = clock.after(attemptTimeoutMs, stop)
  try {
    return await once(cancel.signal)
  } catch (error) {
    if (life.killed.aborted) return { status: 'stopped' }
    if (cancel.signal.aborted) return { status: 'unknown', failure: TIMED_OUT }
    throw error
  } finally {
    callOff()
    life.killed.removeEventListener('abort', stop)
  }
}
