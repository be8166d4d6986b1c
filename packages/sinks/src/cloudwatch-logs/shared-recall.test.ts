import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { sampleRecords } from '../../test/sample-records.ts'
import type { RecallOutcome, SinkRecord } from '../port.ts'
import { shareRecalls } from './shared-recall.ts'

/** A log that is read when told to. */
function slowLog() {
  const readings: {
    records: readonly SinkRecord[]
    signal: AbortSignal | undefined
    end(outcome: RecallOutcome): void
  }[] = []
  const recall = shareRecalls(
    (records, { signal } = {}) => new Promise((end) => void readings.push({ records: [...records], signal, end })),
  )
  const all = (n: number): RecallOutcome => ({
    status: 'recalled',
    found: new Set(readings[n]?.records.map(({ id }) => id)),
  })
  return { readings, recall, all }
}

const at = (minute: number) =>
  sampleRecords(2, { position: 1 + 10 * minute }).map((record, n) => ({ ...record, timeMs: minute * 60_000 + n }))
const ids = (records: readonly SinkRecord[]) => new Set(records.map(({ id }) => id))

test('those that wait while two readings go on share the next one, and each gets only its own', async () => {
  const { readings, recall, all } = slowLog()
  const asked = Array.from({ length: 6 }, (_, n) => sampleRecords(2, { position: 1 + 10 * n }))
  const answers = asked.map((records) => recall(records))
  expect(readings).toHaveLength(2)
  readings[0]?.end(all(0))
  await answers[0]
  await expect.poll(() => readings.length).toBe(3)
  expect(readings[2]?.records).toEqual(asked.slice(2).flat())
  readings[1]?.end(all(1))
  readings[2]?.end(all(2))
  expect(await Promise.all(answers)).toEqual(asked.map((records) => ({ status: 'recalled', found: ids(records) })))
})

test('records of another time are read by themselves', async () => {
  const { readings, recall, all } = slowLog()
  const answers = [at(1), at(2), at(30), at(2)].map((records) => recall(records))
  readings[0]?.end(all(0))
  await expect.poll(() => readings.length).toBe(3)
  expect(ids(readings[2]?.records ?? [])).toEqual(ids(at(30)))
  readings[1]?.end(all(1))
  await expect.poll(() => readings.length).toBe(4)
  for (const n of [2, 3]) readings[n]?.end(all(n))
  await Promise.all(answers)
})

test('a failed reading is the answer to all who share it', async () => {
  const { readings, recall, all } = slowLog()
  const answers = [1, 1, 1, 1].map((minute) => recall(at(minute)))
  readings[0]?.end(all(0))
  await expect.poll(() => readings.length).toBe(3)
  const failure = { class: 'throttled', name: 'n', message: 'm', metric: 'LogDestinationErrors' } as const
  for (const n of [1, 2]) readings[n]?.end({ status: 'retry', failure })
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(['recalled', 'retry', 'retry', 'retry'])
})

test('who leaves does not end the reading of the others; when all have left it ends', async () => {
  const { readings, recall, all } = slowLog()
  const leaving = [new AbortController(), new AbortController()]
  const [first, second] = [recall(at(1)), recall(at(1))]
  const shared = leaving.map(({ signal }) => recall(at(1), { signal }))
  readings[0]?.end(all(0))
  await first
  await expect.poll(() => readings.length).toBe(3)
  leaving[0]?.abort()
  await expect(shared[0]).rejects.toMatchObject({ name: 'AbortError' })
  expect(readings[2]?.signal?.aborted).toBe(false)
  leaving[1]?.abort()
  await expect(shared[1]).rejects.toMatchObject({ name: 'AbortError' })
  expect(readings[2]?.signal?.aborted).toBe(true)
  readings[1]?.end(all(1))
  await second
})

// A listener that a signal takes away is a listener of that signal too: with all lanes of 16 partitions in one reading,
// Node warned of a leak.
test('any number may share a reading without piling up listeners, and none stays behind', async () => {
  const warnings: Error[] = []
  const note = (warning: Error) => void warnings.push(warning)
  process.on('warning', note)
  const { readings, recall, all } = slowLog()
  const signals = Array.from({ length: 40 }, () => new AbortController().signal)
  const answers = signals.map((signal) => recall(at(1), { signal }))
  readings[0]?.end(all(0))
  await expect.poll(() => readings.length).toBe(3)
  for (const n of [1, 2]) readings[n]?.end(all(n))
  await Promise.all(answers)
  expect(signals.map((signal) => getEventListeners(signal, 'abort').length)).toEqual(signals.map(() => 0))
  // Warnings are told in a later turn.
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', note)
  expect(warnings).toEqual([])
})
