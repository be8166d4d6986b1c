import { setMaxListeners } from 'node:events'
import type { JournalBatch, LaneChange, Position } from '@roomlog/journal'
import { type AlarmClock, createAlarmClock } from '../alarm-clock.ts'
import { type Clock, sleep } from '../clock.ts'
import type { Cycle, Delivery } from '../deliver/delivery.ts'
import type { Pins } from '../pins.ts'
import type { LaneReport } from '../reports.ts'
import { Checkpoint } from './checkpoint.ts'
import { createDelivery } from './delivery.ts'
import type { Destination } from './destination.ts'
import type { Gather } from './gather.ts'
import type { Life } from './life.ts'
import { isOpen, type Mark } from './mark.ts'
import { Tally } from './tally.ts'
import { Trouble } from './trouble.ts'
import { Waiting } from './waiting.ts'

export type LaneContext = {
  readonly clock: Clock
  readonly random: () => number
  readonly pins: Pins
  /** How much it should have waiting at most. */
  bytesMax(): number
  /** Another lane must drain first. */
  blocked(): boolean
  leaseValidForMs(): number
  /** How long the partition has been held: nobody else has sent anything since. */
  heldForMs(): number
  freshHead(): Promise<Position>
  /** Writes the partition's progress; resolves once it is durable, false when the lease is lost. */
  save(): Promise<boolean>
  /** The lane can take more, or has moved. */
  changed(): void
  readonly report: LaneReport
}

/** Whether a reader that stands at `at` takes the batch next. Inside a tombstone nothing is passed over. */
export function isNext({ previousEnd, lastPosition, setAsideRevision }: JournalBatch, at: Position): boolean {
  return at === previousEnd || (setAsideRevision !== undefined && at > previousEnd && at < lastPosition)
}

/** One destination version on one partition: gathers, cuts, delivers, and moves its checkpoint. */
export class Lane {
  readonly destination: Destination
  readonly trouble: Trouble
  readonly tally: Tally
  readonly #context: LaneContext
  readonly #alarm: AlarmClock
  readonly #stopping = new AbortController()
  readonly #killed = new AbortController()
  readonly #life: Life = { stopping: this.#stopping.signal, killed: this.#killed.signal }
  readonly #delivery: Delivery
  readonly #checkpoint: Checkpoint
  #next: Mark
  #intent: Position | undefined
  #recovering: boolean
  /** False while an earlier life's intent waits to be read back: nothing is sent for it. */
  #sending: boolean
  readonly #waiting: Waiting
  /** It has all that it should have waiting, and takes no more before half of that is cut. */
  #sated = false
  #cycle: Cycle | undefined
  #pausing = false
  #unfinished = false

  constructor(
    destination: Destination,
    at: { readonly checkpoint: Mark; readonly intent: Position | undefined; readonly quietForMs: number },
    context: LaneContext,
  ) {
    this.destination = destination
    this.#context = context
    // Each call in flight listens; the bound is the destination's concurrency.
    setMaxListeners(0, this.#life.stopping, this.#life.killed)
    this.#next = at.checkpoint
    this.#intent = at.intent
    this.#recovering = isOpen({ checkpoint: at.checkpoint.position, intent: at.intent })
    this.#sending = !this.#recovering
    this.#alarm = createAlarmClock(context.clock)
    const { version, policy } = destination
    this.#waiting = new Waiting({ destination: version.id, pins: context.pins, ...policy })
    this.tally = new Tally(destination.version.id)
    this.#checkpoint = new Checkpoint(at.checkpoint, (records) => this.tally.settled(records, context.clock.nowMs()))
    this.trouble = new Trouble({
      clock: context.clock,
      random: context.random,
      waits: destination.policy.waits,
      onChange: () => {
        if (this.trouble.held || (this.trouble.failures > 0 && context.pins.tight())) this.#forgetWaiting()
        context.report.state(this.trouble.state())
        void context.save()
      },
    })
    this.#delivery = createDelivery({
      destination,
      context,
      life: this.#life,
      trouble: this.trouble,
      tally: this.tally,
      checkpoint: this.#checkpoint,
      quietSinceMs: context.clock.monotonicMs() - at.quietForMs,
      aboutToSend: () => {
        this.#sending = true
        return context.save()
      },
    })
  }

  /** Dead letters of it are written. */
  buried(records: number, reason: string): void {
    this.#context.report.buried(records, reason)
  }

  /** Up to where the journal was read for this lane. */
  get next(): Mark {
    return this.#next
  }

  /** Gathers a cycle that an earlier life left open: nothing can be cut before it is whole. */
  get recovering(): boolean {
    return this.#recovering
  }

  /** Whether it takes the next batch. */
  wants(): boolean {
    if (this.#recovering) return this.#intent !== undefined && this.#next.position < this.#intent
    if (this.#pausing) return false
    if (this.trouble.failures > 0 && this.#cycle !== undefined) return false
    if (this.#waiting.isEmpty) return true
    if (this.trouble.failures > 0 || this.#context.blocked()) return false
    return !this.#sated && this.#waiting.bytes < this.#context.bytesMax()
  }

  /** Nothing is wrong with its destination, and nothing of an earlier life is open: if it takes no more, it soon will. */
  get flows(): boolean {
    return this.trouble.failures === 0 && !this.#recovering && !this.#context.blocked()
  }

  /** Takes the lane's records of the batch behind `next`. `head`: what earlier lives can have read at most. */
  accept(batch: JournalBatch, head: Position): void {
    const { clock, bytesMax } = this.#context
    if (!isNext(batch, this.#next.position)) throw new Error('a lane was offered a batch out of order')
    if (this.destination.sink.runs) this.#checkpoint.read(batch, head)
    const ageMs = Math.max(0, clock.nowMs() - batch.committedAtMs)
    const dueAtMs = clock.monotonicMs() + Math.max(0, this.destination.policy.flushAfterMs - ageMs)
    const wasEmpty = this.#waiting.isEmpty
    if (batch.setAsideRevision === undefined) this.#waiting.add(batch, { dueAtMs, whole: this.#recovering })
    this.#next = { position: batch.lastPosition, appendId: batch.appendId }
    if (this.#waiting.bytes >= bytesMax()) this.#sated = true
    if (this.idle) this.#checkpoint.settleAll(this.#next)
    // Otherwise it sleeps until what waits already is due.
    else if (wasEmpty || this.#due() === 0) this.#alarm.wake()
  }

  /** Nothing in memory and nothing sent: settled up to `next`. */
  get idle(): boolean {
    return this.#cycle === undefined && this.#waiting.isEmpty && !this.#recovering && !this.#unfinished
  }

  /** Settled up to `position`: its row may go. */
  settledTo(position: Position): boolean {
    return this.idle && !this.#checkpoint.isHeldBack && this.#next.position >= position
  }

  /** What its row should say. */
  row(): LaneChange {
    const at = this.idle && !this.#checkpoint.isHeldBack ? this.#next : this.#checkpoint.at
    const { state, lastError, nextProbeAtMs } = this.trouble.state()
    return {
      destinationVersionId: this.destination.version.id,
      checkpoint: at.position,
      checkpointAppendId: at.appendId,
      intent: this.#intent,
      sending: this.#sending,
      state,
      lastError,
      nextProbeAtMs,
    }
  }

  /** Finishes the open cycle and cuts no more. */
  stop(): void {
    this.#stopping.abort()
  }

  /** Drops what is in flight. */
  kill(): void {
    this.#stopping.abort()
    this.#killed.abort()
  }

  /** Something outside may have made the lane due. */
  wake(): void {
    this.#alarm.wake()
  }

  /** Delivers until told to stop. */
  async run(): Promise<void> {
    const { pins } = this.#context
    for (;;) {
      const cycle = await this.#nextCycle()
      if (!cycle) break
      const { gather } = cycle
      const ended = await this.#deliver(cycle)
      gather.release()
      pins.settle(this)
      if (ended === 'stop') break
      this.#context.changed()
    }
    // What was taken but not cut is the next writer's; the lane must not look settled without it.
    this.#unfinished = !this.#waiting.isEmpty
    this.#waiting.release()
    pins.settle(this)
  }

  async #deliver(cycle: Cycle): Promise<'go on' | 'stop'> {
    const { policy } = this.destination
    const { save } = this.#context
    if (policy.intents && !cycle.recovering) {
      this.#intent = cycle.to.position
      if (!(await save())) return 'stop'
    }
    const end = await policy.deliver(this.#delivery, cycle)
    if (end.status === 'stopped') {
      this.tally.dropped()
      return 'stop'
    }
    if (end.status === 'dropped') {
      this.tally.dropped()
      await this.#startOver()
      return 'go on'
    }
    this.#cycle = undefined
    this.#recovering = false
    this.#sending = true
    this.#intent = undefined
    this.#checkpoint.settle(cycle.to, cycle.records.length)
    if (this.idle) this.#checkpoint.settleAll(this.#next)
    // With more to send at once, the write of the next intent settles this cycle too.
    if (policy.intents && this.#due() === 0 && !this.#life.stopping.aborted) return 'go on'
    return (await save()) ? 'go on' : 'stop'
  }

  /** Lets go of all memory and, after the wait that the trouble asks for, reads again from the checkpoint. */
  async #startOver(): Promise<void> {
    const { clock } = this.#context
    this.#pausing = true
    this.#cycle = undefined
    this.#release()
    this.#checkpoint.startOver()
    this.#next = this.#checkpoint.at
    await sleep(clock, this.trouble.probeInMs, this.#life.stopping)
    this.#pausing = false
    this.#context.changed()
  }

  /** While a person is needed, or memory is, only the open cycle stays. */
  #forgetWaiting(): void {
    if (this.#cycle === undefined) return
    this.#release()
    this.#next = this.#cycle.to
  }

  #release(): void {
    this.#waiting.release()
    this.#sated = false
  }

  async #nextCycle(): Promise<(Cycle & { readonly gather: Gather }) | undefined> {
    const { stopping } = this.#life
    while (!stopping.aborted) {
      const waitMs = this.#due()
      if (waitMs === 0) return this.#cut()
      await this.#alarm.wait(waitMs, stopping)
    }
    return undefined
  }

  /** ms until a cycle is due; 0 is now, undefined is not known. */
  #due(): number | undefined {
    const { clock, pins, blocked } = this.#context
    if (this.#recovering) return this.#intent !== undefined && this.#next.position >= this.#intent ? 0 : undefined
    const { dueAtMs } = this.#waiting
    if (dueAtMs === undefined || blocked()) return undefined
    if (this.trouble.failures > 0 || pins.tight() || this.#sated || this.#waiting.isFull) return 0
    return Math.max(0, dueAtMs - clock.monotonicMs())
  }

  #cut(): Cycle & { readonly gather: Gather } {
    const { gather, to } = this.#waiting.cut(this.#next)
    const cycle = { to, records: gather.records, recovering: this.#recovering, gather }
    this.#cycle = cycle
    if (this.#waiting.bytes <= this.#context.bytesMax() / 2) this.#sated = false
    this.#context.changed()
    return cycle
  }
}
