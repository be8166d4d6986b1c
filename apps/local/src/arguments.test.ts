import { expect, test } from 'vitest'
import { readArguments } from './arguments.ts'

test('the commands and their options', () => {
  expect(readArguments(['start'])).toEqual({ command: 'start', database: undefined, aws: false })
  expect(readArguments(['start', '--database', 'postgresql://h/db', '--aws'])).toMatchObject({ aws: true })
  expect(readArguments(['demo', '--file', 'x.gz', '--limit', '10', '--keep', '--kill-writer-every', '2.5'])).toEqual({
    command: 'demo',
    file: 'x.gz',
    limit: 10,
    keep: true,
    killWriterEverySeconds: 2.5,
  })
  expect(readArguments(['kills', '--rounds', '50', '--seed', '7', '--json', 'k.json'])).toEqual({
    command: 'kills',
    rounds: 50,
    seed: 7,
    writers: 3,
    keep: false,
    json: 'k.json',
  })
  expect(readArguments(['attack'])).toEqual({
    command: 'attack',
    only: [],
    apps: undefined,
    keep: false,
    json: undefined,
  })
  expect(readArguments(['attack', '--only', 'F1,F2', '--apps', '../before', '--json', 'a.json'])).toMatchObject({
    only: ['F1', 'F2'],
    apps: '../before',
    json: 'a.json',
  })
  expect(readArguments(['demo', '--help'])).toEqual({ command: 'help' })
})

test.each([
  [['start', '--datebase', 'x'], /--datebase/],
  [['start', '--database', 'mysql://x'], /postgresql:/],
  [['demo', '--limit', '5'], /--file/],
  [['demo', '--file', 'x', '--limit', '0'], /greater than 0/],
  [['demo', '--file', 'x', '--limit', '1.5'], /greater than 0/],
  [['kills'], /--rounds/],
  [['kills', '--rounds', '-1'], /--rounds/],
  [['attack', 'F1'], /F1/],
  [['stop'], /no command "stop"/],
])('%j is refused', (args, reason) => {
  expect(() => readArguments(args)).toThrow(reason)
})
