import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterEach, expect, test, vi } from 'vitest'
import { type Postgres, startPostgres } from './index.ts'

// What is kept over a crash of the machine is not what most of these tests are about.
const FAST = { fsync: 'off' }

const running: Postgres[] = []
const folders: string[] = []

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

test('keeps rows over SIGKILL and a restart on the same folder', async () => {
  const dataDir = await newFolder()
  const first = await start({ dataDir, database: 'roomlog' })
  await query(first.url, 'create table kept (id int); insert into kept values (7)')
  first.kill('SIGKILL')
  await first.exited

  const second = await start({ dataDir, database: 'roomlog' })
  expect(await query(second.url, 'select id from kept')).toEqual([{ id: 7 }])
  expect(await query(second.url, 'show fsync')).toEqual([{ fsync: 'on' }])
  expect(await query(second.url, 'show synchronous_commit')).toEqual([{ synchronous_commit: 'on' }])
  expect((await stat(join(dataDir, 'password'))).mode & 0o777).toBe(0o600)
})

test('starts in a folder that everybody may enter, which is then closed', async () => {
  const dataDir = await newFolder()
  await chmod(dataDir, 0o755)
  const first = await start({ dataDir, settings: FAST })
  await first.stop()
  await chmod(dataDir, 0o700)
  const second = await start({ dataDir, settings: FAST })
  expect(await query(second.url, 'select 1 as n')).toEqual([{ n: 1 }])
})

test('removes a pid file whose number now belongs to another process', async () => {
  const dataDir = await newFolder()
  const first = await start({ dataDir, settings: FAST })
  const pidFile = join(dataDir, 'cluster/postmaster.pid')
  const content = await readFile(pidFile, 'utf8')
  await first.stop()
  await writeFile(pidFile, content.replace(/^\d+/, String(process.pid)))

  const second = await start({ dataDir, settings: FAST })
  expect(second.pid).not.toBe(process.pid)
})

test('refuses a folder that another server runs on', async () => {
  const dataDir = await newFolder()
  const first = await start({ dataDir, settings: FAST })
  await expect(startPostgres({ dataDir })).rejects.toMatchObject({
    code: 'already-running',
    message: expect.stringContaining(String(first.pid)),
  })
})

test('names a port that is taken', async () => {
  const blocker = createServer()
  await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve))
  const address = blocker.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  await expect(startPostgres({ dataDir: await newFolder(), port })).rejects.toMatchObject({
    code: 'port-taken',
    message: expect.stringContaining(String(port)),
  })
  blocker.close()
})

test('refuses another password than the folder was made with', async () => {
  const dataDir = await newFolder()
  const first = await start({ dataDir, password: 'one', settings: FAST })
  await first.stop()
  await expect(startPostgres({ dataDir, password: 'two' })).rejects.toMatchObject({ code: 'wrong-password' })
})

test('ends with its parent, whichever way that ends, and takes a temporary folder along', async () => {
  const dataDir = join(await newFolder(), 'inner')
  for (const signal of ['SIGKILL', 'SIGTERM', undefined] as const) {
    const temporary = signal === undefined
    const options = JSON.stringify({ dataDir, temporary, settings: FAST, staysUp: !temporary })
    const parent = spawn(process.execPath, ['--import', tsx, '--input-type=module', '-e', PARENT, options], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: fileURLToPath(new URL('.', import.meta.url)),
    })
    const [line] = await Promise.race([once(parent.stdout, 'data'), once(parent, 'exit')])
    const pid = Number(line)
    expect(existsSync(`/proc/${pid}`)).toBe(true)
    if (signal !== undefined) parent.kill(signal)
    await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), { timeout: 20_000, interval: 20 })
  }
  await vi.waitFor(() => expect(existsSync(dataDir)).toBe(false), { timeout: 20_000, interval: 20 })
})

const tsx = import.meta.resolve('tsx')
const PARENT = `
  const { startPostgres } = await import('./index.ts')
  const { staysUp, ...options } = JSON.parse(process.argv[1])
  const server = await startPostgres(options)
  console.log(server.pid)
  if (staysUp) setInterval(() => {}, 1000)
`

async function start(options: Parameters<typeof startPostgres>[0]): Promise<Postgres> {
  const server = await startPostgres(options)
  running.push(server)
  return server
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'roomlog-start-'))
  folders.push(folder)
  return folder
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
