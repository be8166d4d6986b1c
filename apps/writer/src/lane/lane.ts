import { setMaxListeners } from 'node:events'
import type { JournalBatch, LaneChange, Position } from '@roomlog/journal'
import { type AlarmClock, createAlarmClock } from '../alarm-clock.ts'
import { type Clock, sleep } from '../clock.ts'
import type { Pins } from '../pins.ts'
import type { LaneReport } from '../reports.ts'
import { Checkpoint } from './checkpoint.ts'
import type { Cycle, CycleEnd, Delivery } from './delivery.ts'
import { createDelivery } from './delivery.ts'
import type { Destination } from './destination.ts'
import type { Life } from './life.ts'
import { isNext, isOpen, type Mark } from './mark.ts'
import { beforeCut, type Cut, GATHERING, type Phase, sentBy } from './phase.ts'
import { Tally } from './tally.ts'
import { Trouble } from './trouble.ts'
import { Waiting } from './waiting.ts'

/** What a lane needs of its partition. */
export type Home = {
  readonly clock: Clock
  readonly random: () => number
  readonly pins: Pins
  /** How much a lane should have waiting at most. */
  bytesMax(): number
  /** Another lane must drain before that of the destination begins. */
  isBlocked(destination: Destination): boolean
  leaseValidForMs(): number
  /** How long the partition has been held: nobody else has sent anything since. */
  heldForMs(): number
  freshHead(): Promise<Position>
  /** Writes the partition's progress; resolves once it is durable, false when the lease is lost. */
  save(): Promise<boolean>
  /** The lane can take more, or has moved. */
  changed(): void
}

/** One destination version on one partition: gathers, cuts, delivers, and moves its checkpoint. */
export class Lane {
  readonly destination: Destination
  readonly report: LaneReport
  readonly trouble: Trouble
  readonly tally: Tally
  readonly #home: Home
  readonly #alarm: AlarmClock
  readonly #stopping = new AbortController()
  readonly #killed = new AbortController()
  readonly #life: Life = { stopping: this.#stopping.signal, killed: this.#killed.signal }
  readonly #delivery: Delivery
  readonly #checkpoint: Checkpoint
  readonly #waiting: Waiting
  #next: Mark
  #phase: Phase

  constructor(
    destination: Destination,
    at: { readonly checkpoint: Mark; readonly intent: Position | undefined; readonly quietForMs: number },
    home: Home,
    report: LaneReport,
  ) {
    this.destination = destination
    this.report = report
    this.#home = home
    // Each call in flight listens; the bound is the destination's concurrency.
    setMaxListeners(0, this.#life.stopping, this.#life.killed)
    this.#next = at.checkpoint
    const { intent } = at
    const isLeftOpen = intent !== undefined && isOpen({ checkpoint: at.checkpoint.position, intent })
    this.#phase = isLeftOpen ? { is: 'recovering', intent, isSending: false } : GATHERING
    this.#alarm = createAlarmClock(home.clock)
    const { version, policy } = destination
    const { clock, random, pins } = home
    this.#waiting = new Waiting({ destination: version.id, pins, bytesMax: () => home.bytesMax(), ...policy })
    this.tally = new Tally(version.id)
    this.#checkpoint = new Checkpoint(at.checkpoint, (records) => this.tally.settled(records, clock.nowMs()))
    this.trouble = new Trouble({
      clock,
      random,
      waits: policy.waits,
      onChange: () => {
        if (this.trouble.held || (this.trouble.failures > 0 && pins.tight())) this.#forgetWaiting()
        report.state(this.trouble.state())
        void home.save()
      },
    })
    this.#delivery = createDelivery({
      destination,
      home,
      life: this.#life,
      trouble: this.trouble,
      tally: this.tally,
      checkpoint: this.#checkpoint,
      quietSinceMs: clock.monotonicMs() - at.quietForMs,
      aboutToSend: () => {
        if (this.#phase.is === 'delivering') this.#phase.isSending = true
        return home.save()
      },
    })
  }

  /** Up to where the journal was read for this lane. */
  get next(): Mark {
    return this.#next
  }

  /** A cycle that an earlier life left open is not settled. */
  get recovering(): boolean {
    const { is } = this.#phase
    return is === 'recovering' || (is === 'delivering' && this.#phase.cycle.recovering)
  }

  /** Whether it takes the next batch. */
  wants(): boolean {
    const phase = this.#phase
    const isFailing = this.trouble.failures > 0
    switch (phase.is) {
      case 'recovering':
        return this.#next.position < phase.intent
      case 'delivering':
        return !phase.cycle.recovering && !isFailing && this.#hasRoom()
      case 'gathering':
        return this.#waiting.isEmpty || (!isFailing && this.#hasRoom())
      case 'pausing':
      case 'ended':
        return false
    }
  }

  #hasRoom(): boolean {
    return this.#waiting.isEmpty || (!this.#home.isBlocked(this.destination) && this.#waiting.hasRoom)
  }

  /** Nothing is wrong with its destination, and nothing of an earlier life is open: if it takes no more, it soon will. */
  get flows(): boolean {
    return this.trouble.failures === 0 && !this.recovering && !this.#home.isBlocked(this.destination)
  }

  /** Takes the lane's records of the batch behind `next`. `head`: what earlier lives can have read at most. */
  accept(batch: JournalBatch, head: Position): void {
    const { clock } = this.#home
    if (!isNext(batch, this.#next.position)) throw new Error('a lane was offered a batch out of order')
    if (this.destination.sink.runs) this.#checkpoint.read(batch, head)
    const ageMs = Math.max(0, clock.nowMs() - batch.committedAtMs)
    const dueAtMs = clock.monotonicMs() + Math.max(0, this.destination.policy.flushAfterMs - ageMs)
    const wasEmpty = this.#waiting.isEmpty
    const whole = this.#phase.is === 'recovering'
    if (batch.setAsideRevision === undefined) this.#waiting.add(batch, { dueAtMs, whole })
    this.#next = { position: batch.lastPosition, appendId: batch.appendId }
    if (this.idle) this.#checkpoint.settleAll(this.#next)
    // Otherwise it sleeps until what waits already is due.
    else if (wasEmpty || this.#dueInMs() === 0) this.#alarm.wake()
  }

  /** Nothing in memory and nothing sent: settled up to `next`. */
  get idle(): boolean {
    const phase = this.#phase
    if (phase.is === 'ended') return !phase.isUnfinished
    const gathers = phase.is === 'gathering' || (phase.is === 'pausing' && phase.then.is === 'gathering')
    return gathers && this.#waiting.isEmpty
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
      ...sentBy(this.#phase),
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

  /** The next cycle, once one is due, with its end written down if its calls cannot be repeated; undefined when told to stop. */
  async cut(): Promise<Cut | undefined> {
    const { stopping } = this.#life
    for (;;) {
      if (stopping.aborted) return undefined
      const waitMs = this.#dueInMs()
      if (waitMs === 0) break
      await this.#alarm.wait(waitMs, stopping)
    }
    const before = this.#phase
    const recovering = before.is === 'recovering'
    const { gather, to } = this.#waiting.cut(this.#next)
    const cycle = { to, records: gather.records, recovering, gather }
    const intent = this.destination.policy.intents ? to.position : undefined
    this.#phase = {
      is: 'delivering',
      cycle,
      intent: recovering ? before.intent : intent,
      isSending: !recovering || before.isSending,
    }
    this.#home.changed()
    return cycle
  }

  async deliver(cycle: Cycle): Promise<CycleEnd> {
    const { policy } = this.destination
    if (policy.intents && !cycle.recovering && !(await this.#home.save())) return { status: 'stopped' }
    return policy.deliver(this.#delivery, cycle)
  }

  /** Moves the checkpoint behind a cycle that was delivered. One that was dropped is gathered again, after a pause. */
  async settle(cycle: Cut, end: CycleEnd): Promise<'go on' | 'stop'> {
    cycle.gather.release()
    this.#home.pins.settle(this)
    switch (end.status) {
      case 'stopped':
        this.tally.dropped()
        return 'stop'
      case 'dropped':
        this.tally.dropped()
        await this.#startOver()
        break
      case 'settled':
        if (!(await this.#settled(cycle))) return 'stop'
    }
    this.#home.changed()
    return 'go on'
  }

  /** What was taken but not cut is the next writer's; the lane must not look settled without it. */
  end(): void {
    if (this.#phase.is === 'ended') return
    this.#phase = { is: 'ended', as: this.#phase, isUnfinished: !this.idle }
    this.#waiting.release()
    this.#home.pins.settle(this)
  }

  /** False when the lease is lost. */
  async #settled(cycle: Cut): Promise<boolean> {
    this.#phase = GATHERING
    this.#checkpoint.settle(cycle.to, cycle.records.length)
    if (this.idle) this.#checkpoint.settleAll(this.#next)
    // With more to send at once, the write of the next intent settles this cycle too.
    const isWrittenSoon = this.destination.policy.intents && this.#dueInMs() === 0 && !this.#life.stopping.aborted
    return isWrittenSoon || this.#home.save()
  }

  async #startOver(): Promise<void> {
    const then = beforeCut(this.#phase)
    this.#phase = { is: 'pausing', then }
    this.#waiting.release()
    this.#checkpoint.startOver()
    this.#next = this.#checkpoint.at
    await sleep(this.#home.clock, this.trouble.probeInMs, this.#life.stopping)
    this.#phase = then
  }

  /** While a person is needed, or memory is, only the open cycle stays. */
  #forgetWaiting(): void {
    if (this.#phase.is !== 'delivering') return
    this.#waiting.release()
    this.#next = this.#phase.cycle.to
  }

  /** ms until a cycle is due; 0 is now, undefined is not known. */
  #dueInMs(): number | undefined {
    const { clock, pins } = this.#home
    if (this.#phase.is === 'recovering') return this.#next.position >= this.#phase.intent ? 0 : undefined
    const { dueAtMs, isFull, isSated } = this.#waiting
    if (dueAtMs === undefined || this.#home.isBlocked(this.destination)) return undefined
    if (this.trouble.failures > 0 || pins.tight() || isSated || isFull) return 0
    return Math.max(0, dueAtMs - clock.monotonicMs())
  }
}
