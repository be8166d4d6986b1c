import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Command, runCommand } from '../command.contract.ts'
import { baseEnvironment } from '../environment.ts'

// A temporary folder of its own shows what the demo leaves behind.
const folder = mkdtempSync(join(tmpdir(), 'roomlog-demo-test-'))
const env = { ...baseEnvironment(process.env), TMPDIR: folder }
let command: Command | undefined
const file = join(folder, 'chat.ndjson.gz')

beforeAll(() => {
  const lines = Array.from({ length: 600 }, (_, index) => {
    const room = `room ${index % 5}`
    return index % 20 === 7
      ? { room, type: 'event', eventName: 'app:JOINED', attributes: { user: `user-${index}` } }
      : {
          room,
          time: '2026-01-01T00:00:00Z',
          type: 'message',
          sender: `user-${index % 9}`,
          content: `line ${index} ☕`,
        }
  })
  writeFileSync(file, gzipSync(lines.map((line) => JSON.stringify(line)).join('\n')))
})
afterEach(async () => {
  command?.process.kill('SIGTERM')
  await command?.exited
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the built-in conversation reaches all three destinations, and nothing stays behind', async () => {
  command = runCommand(['demo'], env)
  expect(await command.exited, command.output()).toBe(0)
  for (const name of ['S3', 'CloudWatch Logs', 'Firehose']) {
    expect(command.output()).toMatch(new RegExp(`^  ${name} +58 +58 +\\d+ +kept`, 'm'))
  }
  expect(command.output()).toContain('Every record is in every destination.')
  expect(readdirSync(folder)).toEqual(['chat.ndjson.gz'])
})

test('a file of requests arrives whole, also when the writer is killed on the way', async () => {
  command = runCommand(['demo', '--file', file, '--limit', '500', '--kill-writer-every', '2'], {
    TMPDIR: folder,
  })
  expect(await command.exited, command.output()).toBe(0)
  expect(command.output()).toMatch(/^ {2}S3 +500 +500 +0 +kept/m)
  expect(command.output()).toMatch(/^ {2}CloudWatch Logs +500 +500 +0 +kept/m)
  expect(command.output()).toMatch(/^ {2}Firehose +500 +500 /m)
}, 120_000)

test('interrupted, it ends with 130 and takes its folder along', async () => {
  command = runCommand(['demo'], env)
  await command.saw(/Starting a system/)
  command.process.kill('SIGINT')
  expect(await command.exited).toBe(130)
  expect(readdirSync(folder)).toEqual(['chat.ndjson.gz'])
})
