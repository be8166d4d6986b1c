import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { type Command, runCommand } from '../command.contract.ts'
import { baseEnvironment } from '../environment.ts'

const folder = mkdtempSync(join(tmpdir(), 'roomlog-attack-test-'))
const env = { ...baseEnvironment(process.env), TMPDIR: folder }
const json = join(folder, 'report.json')
let command: Command | undefined

afterEach(async () => {
  command?.process.kill('SIGTERM')
  await command?.exited
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the stand-in of npm start takes nothing that is not signed by its key, and the attack leaves nothing behind', async () => {
  command = runCommand(['attack', '--only', 'F7', '--json', json], env)
  const code = await command.exited
  expect(command.output()).toMatch(/^ {2}F7 /m)
  const { rows } = JSON.parse(readFileSync(json, 'utf8'))
  expect(rows).toMatchObject([{ row: 'quiet' }, { row: 'F7', tried: 10, broken: [] }])
  // How fast others were answered is the machine's business here.
  expect(code).toBe(rows.every(({ held }: { held: boolean }) => held) ? 0 : 1)
  expect(readdirSync(folder)).toEqual(['report.json'])
}, 120_000)

test('a row that is not there, and a checkout that is not built, are said at once', async () => {
  command = runCommand(['attack', '--only', 'Z9'], env)
  expect(await command.exited).toBe(2)
  expect(command.output()).toMatch(/no row Z9; there are .*F1/)
  command = runCommand(['attack', '--apps', folder], env)
  expect(await command.exited).toBe(2)
  expect(command.output()).toMatch(/--apps takes a checkout that is built/)
})
