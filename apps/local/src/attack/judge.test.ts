import { expect, test } from 'vitest'
import { BOUNDS, boundsOn, brokenIn, type Seen } from './judge.ts'
import { type Line, report, reportJson } from './report.ts'
import { ROWS } from './rows.ts'

const ANSWERED = { asked: 200, answered: 200, p99Ms: 12, longestMs: 20 }
const WELL: Seen = {
  tried: 16,
  notes: ['a note'],
  broken: [],
  neighbour: { sends: ANSWERED, health: ANSWERED },
  apiBytesMax: 200 * 1024 * 1024,
}

test('a row holds if its own promise does, others have their answers in time, and memory stays within bounds', () => {
  expect(brokenIn(WELL, BOUNDS)).toEqual([])
  expect(brokenIn({ ...WELL, apiBytesMax: undefined }, BOUNDS)).toEqual([])
  expect(brokenIn({ ...WELL, broken: ['records are missing'] }, BOUNDS)).toEqual(['records are missing'])
  expect(brokenIn({ ...WELL, apiBytesMax: 600 * 1024 * 1024 }, BOUNDS)).toEqual([
    'the api took 600 MiB, more than 512 MiB',
  ])
})

test.each([
  [{ sends: { asked: 200, answered: 189, p99Ms: 12, longestMs: 20 }, health: ANSWERED }, /^189 of 200 sends/],
  [
    { sends: ANSWERED, health: { asked: 20, answered: 0, p99Ms: undefined, longestMs: undefined } },
    /^0 of 20 calls of \/healthz/,
  ],
  [{ sends: { ...ANSWERED, p99Ms: 2_500 }, health: ANSWERED }, /^sends of another account took 2\.5 s/],
])('%j did not hold', (neighbour, reason) => {
  expect(brokenIn({ ...WELL, neighbour }, BOUNDS)).toEqual([expect.stringMatching(reason)])
})

test('an account of which nothing was asked meanwhile says nothing against a row', () => {
  const silent = { asked: 0, answered: 0, p99Ms: undefined, longestMs: undefined }
  expect(brokenIn({ ...WELL, neighbour: { sends: silent, health: silent } }, BOUNDS)).toEqual([])
})

test('a machine that is slow while nothing is tried may be ten times slower under an attack', () => {
  expect(boundsOn(WELL.neighbour)).toEqual(BOUNDS)
  expect(boundsOn({ sends: { ...ANSWERED, p99Ms: 400 }, health: ANSWERED }).p99MaxMs).toBe(4_000)
})

const line = (seen: Seen): Line => ({ row: 'F2', what: 'bodies that never come', bounds: BOUNDS, seen })

test('the table says what was tried, what others saw, and why a row did not hold, of many reasons the first', () => {
  const text = report([line(WELL)])
  expect(text).toMatch(/^ {2}F2 +bodies that never come +16 +200\/200 +12 ms +200\/200 +12 ms +20 ms +200 MiB +held$/m)
  expect(text).toMatch(/^ {2}F2: a note$/m)
  const many = Array.from({ length: 20 }, (_, n) => `reason ${n}`)
  const broken = report([line({ ...WELL, broken: many })])
  expect(broken).toMatch(/NOT HELD$/m)
  expect(broken).toMatch(/^ {2}F2 not held: reason 7\n {2}F2 not held: and 12 more$/m)
})

test('the report for programs has every reason', () => {
  const seen = { ...WELL, broken: ['lost'], apiBytesMax: 600 * 1024 * 1024 }
  expect(JSON.parse(reportJson([line(seen)]))).toMatchObject({
    rows: [{ row: 'F2', held: false, broken: ['lost'], reasons: ['lost', expect.stringContaining('600 MiB')] }],
  })
})

test('each row has a name of its own, that --only takes', () => {
  const names = ROWS.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  for (const name of names) expect(name).toMatch(/^[A-Z][A-Za-z0-9-]*$/)
})
