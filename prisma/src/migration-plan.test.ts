import { expect, test } from 'vitest'
import type { Migration } from './migration-files.ts'
import { type AppliedMigration, planMigrations } from './migration-plan.ts'

const ours: Migration[] = [file('1_first'), file('2_second')]

test('everything is pending on an empty history, and nothing on a full one', () => {
  expect(planMigrations(ours, [])).toEqual({ pending: ours, newer: [] })
  expect(planMigrations(ours, [row('1_first'), row('2_second')])).toEqual({ pending: [], newer: [] })
})

test('accepts what a newer version applied behind all of ours', () => {
  expect(planMigrations(ours, [row('1_first'), row('2_second'), row('3_third')])).toEqual({
    pending: [],
    newer: ['3_third'],
  })
})

test.each([
  ['a history of somebody else', [row('1_other')], 'foreign-history'],
  ['a newer migration while one of ours is missing', [row('1_first'), row('3_third')], 'foreign-history'],
  ['a stranger between ours', [row('1_first'), row('2_a'), row('2_second')], 'foreign-history'],
  ['another content', [row('1_first', 'changed')], 'edited'],
  ['a migration that never finished', [{ ...row('1_first'), finished: false }], 'failed-before'],
] as const)('refuses %s', (_, applied, code) => {
  expect(() => planMigrations(ours, applied)).toThrow(expect.objectContaining({ code }))
})

function file(name: string): Migration {
  return { name, sql: '', checksum: `sum of ${name}` }
}

function row(name: string, checksum = `sum of ${name}`): AppliedMigration {
  return { name, checksum, finished: true }
}
