import { describe, expect, test } from 'vitest'
import { type DestinationResult, problemsOf, table } from './report.ts'

const good: DestinationResult = {
  name: 'S3',
  once: true,
  reading: { where: 's3://bucket', rooms: new Map(), delaysMs: [1000, 2000], first: [] },
  comparison: { found: 1234, missing: 0, repeats: 0, unknown: 0, inOrder: true },
}
const withComparison = (name: string, once: boolean, change: Partial<DestinationResult['comparison']>) => ({
  ...good,
  name,
  once,
  comparison: { ...good.comparison, ...change },
})

describe('what makes a run a failure', () => {
  test('nothing, when every record is everywhere', () => {
    expect(problemsOf([good], [])).toEqual([])
  })

  test('a missing or an unknown record, in any destination', () => {
    expect(problemsOf([withComparison('Firehose', false, { missing: 2 })], [])).toHaveLength(1)
    expect(problemsOf([withComparison('Firehose', false, { unknown: 1 })], [])).toHaveLength(1)
  })

  test('repeats and order, where a destination promises them', () => {
    const untidy = { repeats: 3, inOrder: false }
    expect(problemsOf([withComparison('S3', true, untidy)], [])).toHaveLength(2)
    expect(problemsOf([withComparison('Firehose', false, untidy)], [])).toEqual([])
  })

  test('a refused request', () => {
    expect(problemsOf([good], ['a message in x: ValidationException: too long'])[0]).toContain('too long')
  })
})

test('the table has a line for each destination, with the delays in seconds', () => {
  const lines = table(1234, [good]).split('\n')
  expect(lines).toHaveLength(3)
  expect(lines[2]).toMatch(/S3\s+1,234\s+1,234\s+0\s+kept\s+1\.0 s\s+2\.0 s\s+s3:\/\/bucket/)
})
