import type { Fault, Journal, JournalBatch, Partition, Position } from '@roomlog/journal'
import type { AlarmClock } from '../alarm-clock.ts'
import { type Clock, sleep } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Pins } from '../pins.ts'
import type { NextRead } from './reads.ts'
import type { Turn } from './turns.ts'

const PAUSE_MS = 250

export type PumpOptions = {
  readonly journal: Journal
  readonly partition: Partition
  readonly clock: Clock
  readonly pins: Pins
  /** Woken when there may be more to read, or somebody to read for. */
  readonly alarm: AlarmClock
  readonly log: Log
  /** Runs at most a few reads at once, over all partitions. */
  readonly limitedRead: <T>(task: () => Promise<T>) => Promise<T>
  readonly turn: Turn
}

export type PumpEnds = {
  /** Undefined while there is nothing to read, 'later' while nobody can take it. `full`: only what must be read. */
  next(full: boolean): NextRead | 'later' | undefined
  /** One read's batches. */
  offer(batches: readonly JournalBatch[]): Promise<void>
  /** The batch after `at` cannot be read. */
  blocked(at: Position, fault: Fault): Promise<void>
  /** Only a later version can read on, and this one has nothing more to do. */
  leaves(): boolean
}

export type PumpEnd =
  | 'stopped'
  /** The journal is not what it was. */
  | 'moved'
  /** A later version's batch is next, and all before it is settled. */
  | 'unreadable'

/** Reads batches and offers them, until told to stop or there is nothing that it may read. */
export async function pump(options: PumpOptions, ends: PumpEnds, stopping: AbortSignal): Promise<PumpEnd> {
  const { journal, partition, clock, pins, alarm, log, limitedRead, turn } = options
  while (!stopping.aborted) {
    if (ends.leaves()) return 'unreadable'
    const full = pins.full()
    const next = ends.next(full)
    if (next === undefined || next === 'later') {
      if (next === undefined) turn.end()
      await alarm.wait(PAUSE_MS, stopping)
      continue
    }
    const { from, bytesMax, catchesUp } = next
    if (!catchesUp) turn.end()
    else if (!(await turn.use())) continue
    let giveBack = () => {}
    try {
      const read = await limitedRead(async () => {
        if (!full && pins.full()) return
        giveBack = pins.reserve(bytesMax)
        return journal.read({ partition, after: from.position, afterAppendId: from.appendId, bytesMax })
      })
      if (read === undefined) continue
      if (read.status !== 'read' || read.batches.length === 0) giveBack()
      if (read.status === 'damaged' || read.status === 'unreadable') {
        await ends.blocked(from.position, read)
        continue
      }
      if (read.status !== 'read') {
        const facts = { event: 'journal.moved', partition, status: read.status }
        log.warn(facts, 'The journal was trimmed or restored; reloading.')
        return 'moved'
      }
      if (read.batches.length === 0) await alarm.wait(PAUSE_MS, stopping)
      else if (!stopping.aborted) await ends.offer(read.batches)
    } catch (err) {
      log.warn({ event: 'journal.read.failed', partition, err }, 'The journal could not be read; trying again.')
      await sleep(clock, PAUSE_MS, stopping)
    } finally {
      giveBack()
    }
  }
  return 'stopped'
}
