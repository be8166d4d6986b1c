import { expect, test } from 'vitest'
import { readArguments } from './arguments.ts'

test('rows are chosen by name, and an unknown one is refused', () => {
  expect(readArguments(['--only', 'writer.s3', '--only', 'delay']).rows).toEqual(['writer.s3', 'delay'])
  expect(() => readArguments(['--only', 'writer'])).toThrow('there is no row writer')
})

test('quick measures the rows of the main table, with small sizes', () => {
  const { rows, records, runs } = readArguments(['--quick'])
  expect(rows).toContain('api.single')
  expect(rows).not.toContain('backlog')
  expect([records, runs]).toEqual([100_000, 1])
})

test('settings are passed on as they are', () => {
  expect(readArguments(['--set', 'ROOMLOG_S3_GZIP_LEVEL=5']).settings).toEqual({ ROOMLOG_S3_GZIP_LEVEL: '5' })
  expect(() => readArguments(['--set', 'nonsense'])).toThrow('NAME=value')
})
