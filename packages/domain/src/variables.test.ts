import { expect, test } from 'vitest'
import { unknownVariables, VARIABLES } from './variables.ts'

test('a typo is named with the variable that was meant', () => {
  expect(unknownVariables(['ROOMLOG_S3_FLUSH_SECOND', 'ROOMLOG_RETENTIONDAYS'])).toEqual([
    'ROOMLOG_RETENTIONDAYS is no variable of Roomlog and has no effect; was ROOMLOG_RETENTION_DAYS meant?',
    'ROOMLOG_S3_FLUSH_SECOND is no variable of Roomlog and has no effect; was ROOMLOG_S3_FLUSH_SECONDS meant?',
  ])
})

test('a name that is near none is named alone', () => {
  expect(unknownVariables(['ROOMLOG_COLOUR'])).toEqual(['ROOMLOG_COLOUR is no variable of Roomlog and has no effect'])
})

test('variables of any part, of others and of the tests pass', () => {
  expect(unknownVariables([...VARIABLES, 'PATH', 'ROOMLOGGER', 'ROOMLOG_TEST_POSTGRES_URL'])).toEqual([])
})
