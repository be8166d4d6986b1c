import type { Journal, JournalBatch, Partition } from '@roomlog/journal'
import type { AlarmClock } from '../alarm-clock.ts'
import type { Clock } from '../clock.ts'
import type { Mark } from '../lane/cycle.ts'
import type { Log } from '../log.ts'
import type { Pins } from '../pins.ts'

const PAUSE_MS = 250

export type PumpOptions = {
  readonly journal: Journal
  readonly partition: Partition
  readonly clock: Clock
  readonly pins: Pins
  /** Woken when there may be more to read, or somebody to read for. */
  readonly alarm: AlarmClock
  readonly log: Log
  readonly readBytesMax: number
  /** Runs at most a few reads at once, over all partitions. */
  readonly limitedRead: <T>(task: () => Promise<T>) => Promise<T>
}

export type PumpEnds = {
  /** Where to read; undefined while there is nothing to read, or nobody who can take it. */
  next(): Mark | undefined
  offer(batch: JournalBatch): Promise<void>
}

/** Reads batches and offers them, until told to stop or the journal is not what it was. */
export async function pump(options: PumpOptions, ends: PumpEnds, stopping: AbortSignal): Promise<'stopped' | 'moved'> {
  const { journal, partition, clock, pins, alarm, log, readBytesMax, limitedRead } = options
  while (!stopping.aborted) {
    const full = pins.full()
    const from = full ? undefined : ends.next()
    if (from === undefined) {
      await alarm.wait(full ? PAUSE_MS : undefined, stopping)
      continue
    }
    try {
      const read = await limitedRead(() =>
        journal.read({ partition, after: from.position, afterAppendId: from.appendId, bytesMax: readBytesMax }),
      )
      if (read.status !== 'read') {
        const facts = { event: 'journal.moved', partition, status: read.status }
        log.warn(facts, 'The journal was trimmed or restored; reloading.')
        return 'moved'
      }
      if (read.batches.length === 0) await alarm.wait(PAUSE_MS, stopping)
      for (const batch of read.batches) if (!stopping.aborted) await ends.offer(batch)
    } catch (err) {
      log.warn({ event: 'journal.read.failed', partition, err }, 'The journal could not be read; trying again.')
      await clock.sleep(PAUSE_MS, stopping)
    }
  }
  return 'stopped'
}
