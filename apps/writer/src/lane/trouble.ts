import type { Failure } from '@roomlog/sinks'
import { type AlarmClock, createAlarmClock } from '../alarm-clock.ts'
import { type Backoff, backoffMs } from '../backoff.ts'
import type { Clock } from '../clock.ts'

export type TroubleState = {
  readonly state: 'flowing' | 'retrying' | 'held'
  /** The service's name for what is wrong. */
  readonly errorName: string | undefined
  readonly lastError: string | undefined
  readonly nextProbeAtMs: number | undefined
}

const FLOWING: TroubleState = {
  state: 'flowing',
  errorName: undefined,
  lastError: undefined,
  nextProbeAtMs: undefined,
}

export type Waits = {
  readonly retry: Backoff
  /** Of a destination that needs a person. */
  readonly probe: Backoff
}

/**
 * What a lane knows of its destination's health. While there is trouble, one caller at a time passes, as the probe;
 * the others wait for what it finds.
 */
export class Trouble {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #waits: Waits
  readonly #onChange: () => void
  readonly #waiters = new Set<AlarmClock>()
  #failures = 0
  #held = false
  #probing = false
  #lastFailure: Failure | undefined
  #untilMs = 0
  /** Batches that are held though others may be accepted meanwhile, by whatever stands for them. */
  readonly #holds = new Map<object, { readonly why: Failure; readonly untilMs: number }>()

  constructor(options: { clock: Clock; random: () => number; waits: Waits; onChange: () => void }) {
    this.#clock = options.clock
    this.#random = options.random
    this.#waits = options.waits
    this.#onChange = options.onChange
  }

  get failures(): number {
    return this.#failures
  }

  get held(): boolean {
    return this.#held
  }

  /** Until the next probe, by the clock that does not step; 0 while all is well. */
  get probeInMs(): number {
    const [hold] = this.#holds.values()
    if (hold === undefined && this.#failures === 0) return 0
    return Math.max(0, (hold?.untilMs ?? this.#untilMs) - this.#clock.monotonicMs())
  }

  state(): TroubleState {
    const [hold] = this.#holds.values()
    const failure = hold?.why ?? (this.#failures > 0 ? this.#lastFailure : undefined)
    if (failure === undefined) return FLOWING
    return {
      state: hold || this.#held ? 'held' : 'retrying',
      errorName: failure.name,
      lastError: `${failure.name}: ${failure.message}`,
      nextProbeAtMs: Math.round(this.#clock.nowMs() + this.probeInMs),
    }
  }

  /** Waits for this caller's turn; returns at once while all is well. True for the probe. */
  async turn(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted && this.#failures > 0) {
      const leftMs = this.#untilMs - this.#clock.monotonicMs()
      if (!this.#probing && leftMs <= 0) {
        this.#probing = true
        return true
      }
      const alarm = createAlarmClock(this.#clock)
      this.#waiters.add(alarm)
      await alarm.wait(this.#probing ? undefined : leftMs, signal)
      this.#waiters.delete(alarm)
    }
    return false
  }

  over(): void {
    const had = this.#failures > 0
    this.#failures = 0
    this.#held = false
    this.#settleProbe()
    if (had) this.#onChange()
  }

  /** `held`: a person must act. Calls that were out together fail together: only a probe makes the waits longer. */
  failed(
    failure: Failure,
    how: { readonly held: boolean; readonly wasProbe: boolean; readonly retryAfterMs?: number | undefined },
  ): void {
    if (this.#failures > 0 && !how.wasProbe && how.held === this.#held) return
    this.#failures = how.held === this.#held ? this.#failures + 1 : 1
    const waitMs =
      how.retryAfterMs ?? backoffMs(how.held ? this.#waits.probe : this.#waits.retry, this.#failures, this.#random)
    this.#untilMs = this.#clock.monotonicMs() + waitMs
    const changed = how.held !== this.#held || this.#failures === 2
    this.#held = how.held
    this.#lastFailure = failure
    this.#settleProbe()
    if (changed || how.held) this.#onChange()
  }

  /** A batch waits to be tried again, which nobody but a person may be able to end; how long it waits. */
  hold(batch: object, why: Failure, times: number): number {
    const waitMs = backoffMs(this.#waits.probe, times, this.#random)
    this.#holds.set(batch, { why, untilMs: this.#clock.monotonicMs() + waitMs })
    this.#onChange()
    return waitMs
  }

  release(batch: object): void {
    if (this.#holds.delete(batch)) this.#onChange()
  }

  /** The attempt ended without a word about the destination's health. */
  passed(): void {
    this.#settleProbe()
  }

  #settleProbe(): void {
    this.#probing = false
    for (const waiter of this.#waiters) waiter.wake()
  }
}
