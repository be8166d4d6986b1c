import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { type Command, runCommand } from '../command.contract.ts'
import { baseEnvironment } from '../environment.ts'

const folder = mkdtempSync(join(tmpdir(), 'roomlog-kills-test-'))
const env = { ...baseEnvironment(process.env), TMPDIR: folder }
const json = join(folder, 'report.json')
let command: Command | undefined

afterEach(async () => {
  command?.process.kill('SIGTERM')
  await command?.exited
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a few rounds of kills break no promise, are counted where they hit, and leave nothing behind', async () => {
  command = runCommand(['kills', '--rounds', '4', '--seed', '1', '--json', json], env)
  expect(await command.exited, command.output()).toBe(0)
  expect(command.output()).toContain(
    'Nothing lost, nothing twice that was not counted, nothing from nowhere, in order.',
  )
  const { killsAll, insideCall, chapters, broken } = JSON.parse(readFileSync(json, 'utf8'))
  expect(broken).toEqual([])
  expect(killsAll).toBeGreaterThanOrEqual(2)
  const { s3, logs, firehose } = insideCall
  expect(s3.before + s3.after + logs.before + logs.after + firehose.before + firehose.after).toBeGreaterThan(0)
  expect(chapters[0].outcomes.s3.found).toBe(chapters[0].book.acknowledged)
  expect(readdirSync(folder)).toEqual(['report.json'])
}, 120_000)
