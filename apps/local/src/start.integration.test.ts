import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createRoomlogClient } from '@roomlog/client'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { type Command, environmentFor, isAlive, runCommand, untilGone } from './command.contract.ts'
import { baseEnvironment } from './environment.ts'
import { freePorts, type Ports } from './ports.ts'

const base = baseEnvironment(process.env)
const folders: string[] = []
const commands: Command[] = []

afterEach(async () => {
  for (const { process } of commands) process.kill('SIGTERM')
  await Promise.all(commands.map(({ exited }) => exited))
  commands.length = 0
})
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'roomlog-start-'))
  folders.push(folder)
  return folder
}

function start(folder: string, ports: Ports, args: readonly string[] = []): Command {
  const command = runCommand(['start', ...args], { ...base, ...environmentFor(folder, ports) })
  commands.push(command)
  return command
}

function demoRoomOf(command: Command): string | undefined {
  return /demo room +(\S+)/.exec(command.output())?.[1]
}

async function pidsOf(command: Command): Promise<{ api: number; writer: number; postgres: number; standIn: number }> {
  await command.saw(/Ctrl-C stops everything/)
  const pidOf = (name: string): number =>
    Number(new RegExp(`^  ${name} .*\\(pid (\\d+)\\)`, 'm').exec(command.output())?.[1])
  return { api: pidOf('api'), writer: pidOf('writer'), postgres: pidOf('Postgres'), standIn: pidOf('stand-in') }
}

describe('npm start', () => {
  const folder = newFolder()
  let ports: Ports
  let demoRoom: string | undefined

  test('brings up everything, takes a message by the curl line it prints, and stops without a trace', async () => {
    ports = await freePorts()
    const command = start(folder, ports)
    const pids = Object.values(await pidsOf(command))
    expect(pids.every(isAlive)).toBe(true)
    demoRoom = demoRoomOf(command)

    const [, line = ''] = await command.saw(/^ {2}(curl .*)$/m)
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', line])
    expect(JSON.parse(stdout)).toMatchObject({ result: { data: { id: expect.stringMatching(/^[A-Za-z0-9]{12}$/) } } })

    for (const name of ['credentials.json', 'secrets.json', 'stand-in.json', 'curl.conf']) {
      expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600)
    }
    command.process.kill('SIGINT')
    expect(await command.exited).toBe(0)
    expect(pids.filter(isAlive)).toEqual([])
  })

  test('picks its data up again, refuses a second one beside it, and leaves nothing running when it is killed', async () => {
    const command = start(folder, ports)
    const pids = Object.values(await pidsOf(command))
    const credentials = JSON.parse(await readFile(join(folder, 'credentials.json'), 'utf8'))
    expect(Object.keys(credentials)).toEqual(['accessKeyId', 'secretAccessKey', 'accountId', 'region'])
    expect(command.output()).not.toContain(credentials.secretAccessKey)
    const client = createRoomlogClient({ url: `http://127.0.0.1:${ports.api}`, accessKey: credentials })
    const { rooms } = await client.room.list.query({})
    expect(rooms).toMatchObject([{ name: 'demo', arn: demoRoom }])
    expect(rooms[0]?.loggingConfigurationIdentifiers).toHaveLength(3)
    expect((await client.loggingConfiguration.list.query({})).loggingConfigurations).toHaveLength(3)

    const second = start(folder, await freePorts())
    expect(await second.exited).toBe(1)
    expect(second.output()).toMatch(/already running from this folder \(pid \d+/)
    expect(pids.every(isAlive)).toBe(true)

    command.process.kill('SIGKILL')
    await Promise.all(pids.map(untilGone))
  })

  test('starts again where it was killed; when a part dies, it shows its last lines, stops the others and fails', async () => {
    const command = start(folder, ports)
    const pids = await pidsOf(command)
    expect(demoRoomOf(command)).toBe(demoRoom)
    process.kill(pids.postgres, 'SIGKILL')
    expect(await command.exited).toBe(1)
    expect(command.output()).toMatch(/Postgres ended unexpectedly.*last lines/)
    expect(Object.values(pids).filter(isAlive)).toEqual([])

    const next = start(folder, ports)
    const { writer, ...others } = await pidsOf(next)
    process.kill(writer, 'SIGKILL')
    expect(await next.exited).toBe(1)
    expect(next.output()).toMatch(/The writer ended unexpectedly \(signal SIGKILL\)/)
    expect(Object.values(others).filter(isAlive)).toEqual([])
  })

  test('a taken port is named with the variable that changes it', async () => {
    const ports = await freePorts()
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(ports.aws, '127.0.0.1', resolve))
    try {
      const command = start(newFolder(), ports)
      expect(await command.exited).toBe(1)
      expect(command.output()).toMatch(new RegExp(`Port ${ports.aws} .* is taken.*ROOMLOG_AWS_PORT=\\d+ npm start`))
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })

  test('a data folder that cannot be written is named, with the reason', async () => {
    // A file in the way stops root too, whom no mode stops.
    const file = join(newFolder(), 'in-the-way')
    writeFileSync(file, '')
    const command = start(join(file, '.roomlog'), await freePorts())
    expect(await command.exited).toBe(1)
    expect(command.output()).toMatch(/Cannot write to the data folder .*in-the-way.*ENOTDIR/s)
  })

  test('a database that does not answer is an error of the api, with its own words', async () => {
    const command = start(newFolder(), await freePorts(), ['--database', 'postgresql://u:p@127.0.0.1:1/none'])
    expect(await command.exited).toBe(1)
    expect(command.output()).toMatch(/The (api|writer) .*(ended while it started|was not ready)/)
  })

  test('wrong options and variables are said at once, with exit code 2', async () => {
    const option = runCommand(['start', '--wrong'], base)
    const variable = runCommand(['start'], { ...base, ROOMLOG_API_PORT: 'http' })
    expect(await option.exited).toBe(2)
    expect(option.output()).toContain('--wrong')
    expect(await variable.exited).toBe(2)
    expect(variable.output()).toContain('ROOMLOG_API_PORT')
  })
})
