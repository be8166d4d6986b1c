import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { idsOf, sampleRecords } from '../test/sample-records.ts'
import { takeBatch } from './batch.ts'
import { lineOf } from './line.ts'
import type { Sink, SinkRecord, SinkRecords } from './port.ts'

/** What the service is to do with the next call, whatever it is. */
export type Trouble = 'throttled' | 'error500' | 'html502' | 'denied' | 'lost' | 'hang'

/** A sink, the service behind it, and a way to look into the service that does not go through the sink. */
export type Harness = {
  /** A sink to a destination that exists. Two of them do not see each other's records. */
  create(): Promise<Sink>
  /** A sink to a destination that does not exist. */
  createMissing(): Promise<Sink>
  /** What the last created destination holds, as records' bytes. */
  contents(): Promise<Buffer[]>
  trouble(what: Trouble): Promise<void>
  close(): Promise<void>
}

/** The promises of the port, the same for every sink. */
export function describeSink(name: string, start: () => Promise<Harness>): void {
  describe(`${name}: a sink`, () => {
    let harness: Harness

    beforeAll(async () => {
      harness = await start()
    })
    afterAll(() => harness.close())

    test('delivers the records, to the byte and in order', async () => {
      const sink = await harness.create()
      const records = sampleRecords(50)
      expect(await writeReady(sink, records)).toEqual({ status: 'delivered' })
      expect(await harness.contents()).toEqual(records.map(lineOf))
    })

    test('takes records that are made only when they are asked for, each time anew', async () => {
      const sink = await harness.create()
      const records = sampleRecords(50)
      expect(await writeReady(sink, madeWhenAsked(records))).toEqual({ status: 'delivered' })
      expect(await harness.contents()).toEqual(records.map(lineOf))
      if (sink.recall === undefined) return
      const all = { status: 'recalled', found: new Set(idsOf(records)) }
      expect(await sink.recall(madeWhenAsked(records))).toEqual(all)
    })

    test('delivers as much as its limits allow in one write, and not one record more', async () => {
      const sink = await harness.create()
      const records = sampleRecords(Math.min(sink.limits.recordsMax + 1, 20_000), { stepMs: 0 })
      const count = takeBatch(records, sink.limits)
      expect(count).toBeGreaterThanOrEqual(500)
      expect(await writeReady(sink, records.slice(0, count))).toEqual({ status: 'delivered' })
      expect(await harness.contents()).toHaveLength(count)
      if (count === records.length) return
      expect(await sink.write(records.slice(0, count + 1))).toMatchObject({ status: 'refused', scope: 'batch' })
    })

    test('delivers the largest record that it says it can', async () => {
      const sink = await harness.create()
      if (sink.limits.recordBytesMax > LARGE_BYTES_MAX) return
      const largest = sampleRecords(1).map((record) => ({ ...record, ...longLine(sink.limits.recordBytesMax) }))
      const larger = largest.map((record) => ({ ...record, ...longLine(sink.limits.recordBytesMax + 1) }))
      expect(takeBatch(largest, sink.limits)).toBe(1)
      expect(await writeReady(sink, largest)).toEqual({ status: 'delivered' })
      expect(takeBatch(larger, sink.limits)).toBe(0)
      expect(await sink.write(larger)).toMatchObject({ status: 'refused', scope: 'batch' })
    })

    test('finds its destination', async () => {
      const sink = await harness.create()
      expect(await sink.check()).toEqual({ status: 'ok' })
    })

    test('refuses a destination that is missing, and says so', async () => {
      const sink = await harness.createMissing()
      const missing = { class: 'missing', metric: 'LogDestinationResourceNotFoundErrors' }
      expect(await sink.check()).toMatchObject({ status: 'failed', failure: missing })
      expect(await sink.write(sampleRecords(1))).toMatchObject({
        status: 'refused',
        scope: 'destination',
        failure: missing,
      })
    })

    test('was surely not taken when it was throttled, and is taken when it is sent again', async () => {
      const sink = await readySink()
      const records = sampleRecords(3, { position: 100 })
      await harness.trouble('throttled')
      expect(await sink.write(records)).toMatchObject({ status: 'retry', failure: { class: 'throttled' } })
      expect(await harness.contents()).toHaveLength(1)
      expect(await sink.write(records)).toEqual({ status: 'delivered' })
      expect(await harness.contents()).toHaveLength(4)
    })

    test('is held when access is denied', async () => {
      const sink = await readySink()
      await harness.trouble('denied')
      expect(await sink.write(sampleRecords(3, { position: 100 }))).toMatchObject({
        status: 'refused',
        scope: 'destination',
        failure: { class: 'access', metric: 'LogDestinationAccessDeniedError' },
      })
      expect(await harness.contents()).toHaveLength(1)
    })

    test.each(['error500', 'html502', 'hang'] as const)('may have been taken after %s', async (trouble) => {
      const sink = await readySink()
      await harness.trouble(trouble)
      expect(await sink.write(sampleRecords(3, { position: 100 }))).toMatchObject({ status: 'unknown' })
    })

    test('may have been taken when the answer is lost, and was', async () => {
      const sink = await readySink()
      const records = sampleRecords(3, { position: 100 })
      await harness.trouble('lost')
      expect(await sink.write(records)).toMatchObject({ status: 'unknown', failure: { class: 'network' } })
      expect(await harness.contents()).toHaveLength(4)
      if (sink.recall === undefined) return
      expect(await sink.recall(records)).toEqual({ status: 'recalled', found: new Set(idsOf(records)) })
    })

    test('recalls nothing that was never written', async () => {
      const sink = await harness.create()
      if (sink.recall === undefined) return
      expect(await sink.recall(sampleRecords(2))).toEqual({ status: 'recalled', found: new Set() })
    })

    /** A sink that has made what it needs and holds one record. */
    async function readySink(): Promise<Sink> {
      const sink = await harness.create()
      expect(await writeReady(sink, sampleRecords(1))).toEqual({ status: 'delivered' })
      return sink
    }
  })
}

/** Larger limits are ours, not the service's. */
const LARGE_BYTES_MAX = 2_000_000

function longLine(byteLength: number) {
  return { source: Buffer.from(`${'a'.repeat(byteLength - 1)}\n`), start: 0, byteLength }
}

/** Writes, and once more if the sink has only made something ready. */
async function writeReady(sink: Sink, records: SinkRecords) {
  const outcome = await sink.write(records)
  return outcome.status === 'retry' && outcome.retryAfterMs === 0 ? sink.write(records) : outcome
}

function madeWhenAsked(records: readonly SinkRecord[]): SinkRecords {
  return {
    length: records.length,
    at(index) {
      const record = records.at(index)
      return record && { ...record }
    },
    *[Symbol.iterator]() {
      for (const record of records) yield { ...record }
    },
  }
}
