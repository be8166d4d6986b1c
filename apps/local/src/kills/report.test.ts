import { expect, test } from 'vitest'
import type { Chapter, Outcome } from './chapter.ts'
import { brokenPromises, report, reportJson } from './report.ts'
import { countInside, countKill, newTally } from './tally.ts'

const WELL: Outcome = {
  found: 10,
  missing: 0,
  repeats: 0,
  strangers: 0,
  roomsOutOfOrder: 0,
  unanswered: new Set([3]),
  examples: [],
  repeatsPossible: 5,
  delayP50Ms: 1_000,
  delayMaxMs: 4_000,
  pauseMaxMs: 2_000,
}

function chapter(changed: Partial<Chapter['outcomes']> = {}): Chapter {
  return {
    zombies: 1,
    book: { open: 0, acknowledged: 10, refused: 0, lost: 2 },
    outcomes: { s3: WELL, logs: WELL, firehose: WELL, ...changed },
  }
}

test('repeats are allowed where they were counted, never in S3', () => {
  const repeated = { ...WELL, repeats: 5 }
  expect(brokenPromises([chapter({ logs: repeated, firehose: repeated })])).toEqual([])
  expect(brokenPromises([chapter({ firehose: { ...WELL, repeats: 6 } })])).toEqual([
    expect.stringMatching(/^chapter 1: Firehose: 6 repeats, and only 5 were counted/),
  ])
  expect(brokenPromises([chapter({ s3: repeated })])).toHaveLength(1)
})

test('CloudWatch Logs has repeats only where writers slept through their leases', () => {
  const repeated = chapter({ logs: { ...WELL, repeats: 5 } })
  expect(brokenPromises([repeated])).toEqual([])
  expect(brokenPromises([{ ...repeated, zombies: 0 }])).toEqual([expect.stringMatching(/more than the 0 writers/)])
})

test('losses, strangers, a broken order and half-recorded calls are broken promises; Firehose promises no order', () => {
  expect(brokenPromises([chapter({ s3: { ...WELL, missing: 1 } })])).toHaveLength(1)
  expect(brokenPromises([chapter({ logs: { ...WELL, strangers: 1 } })])).toHaveLength(1)
  expect(brokenPromises([chapter({ logs: { ...WELL, roomsOutOfOrder: 1 } })])).toHaveLength(1)
  expect(brokenPromises([chapter({ firehose: { ...WELL, roomsOutOfOrder: 1 } })])).toEqual([])
  expect(brokenPromises([chapter({ firehose: { ...WELL, unanswered: new Set([4]) } })])).toHaveLength(1)
})

test('the report counts kills by kind, and those inside open calls by destination', () => {
  const tally = newTally()
  countKill(tally, 'writer, any moment')
  countInside(tally, [
    { service: 's3', ran: false },
    { service: 's3', ran: true },
    { service: 'logs', ran: false },
  ])
  expect(tally.inside).toEqual({
    s3: { before: 0, after: 1 },
    logs: { before: 1, after: 0 },
    firehose: { before: 0, after: 0 },
  })
  const run = { seed: 7, rounds: 1, writers: 3, durationMs: 61_000, tally, chapters: [chapter(), chapter()] }
  const text = report(run)
  expect(text).toContain('  writer, any moment: 1')
  expect(text).toMatch(/^ {2}S3 +1 \(0\/1\) +20 +0 +0 +10 +0 +2 +0 +1\.0 s +4\.0 s +2\.0 s$/m)
  expect(JSON.parse(reportJson(run, []))).toMatchObject({ seed: 7, killsAll: 1, broken: [] })
})
