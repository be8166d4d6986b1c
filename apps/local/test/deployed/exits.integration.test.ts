import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { migrate } from '@roomlog/db/migrate'
import { createPool } from '@roomlog/db/pool'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { proxyTo } from '../../src/database-proxy.ts'
import type { AppName } from './deploy.ts'
import { type Process, run } from './process.ts'
import { openSite, type Site } from './site.ts'

const SHUTDOWN_SECONDS = 2
const NOWHERE = 'postgresql://roomlog:hidden@127.0.0.1:1/roomlog'

let site: Site

beforeAll(async () => {
  site = await openSite({ ROOMLOG_SHUTDOWN_SECONDS: String(SHUTDOWN_SECONDS) })
})
afterAll(() => site?.close())

/** As `site.start` from the build, with variables changed or (empty) left out. */
function start(app: AppName, more: Readonly<Record<string, string>>, args: readonly string[] = []): Process {
  const entry = fileURLToPath(new URL(`../../../${app}/dist/main.js`, import.meta.url))
  return run(entry, { env: { ...site.environment(app), ...more }, args })
}

describe.each(['api', 'writer'] as const)('%s', (app) => {
  test('SIGTERM: it ends with 0 within its deadline', async () => {
    const running = start(app, {})
    await running.ready()
    const askedMs = performance.now()
    running.kill('SIGTERM')
    expect(await running.exited, running.output()).toBe(0)
    // With room for a busy machine: what must not happen is that it hangs.
    expect(performance.now() - askedMs).toBeLessThan(SHUTDOWN_SECONDS * 1_000 + 10_000)
  })

  test('SIGTERM while the database hangs: it ends soon after its deadline at the latest', async () => {
    const proxy = await proxyTo(site.databaseUrl)
    const running = start(app, { DATABASE_URL: proxy.url })
    await running.ready()
    proxy.freeze()
    const askedMs = performance.now()
    running.kill('SIGTERM')
    // The api has nothing left to do there; the writer has leases to give back, and says that it could not.
    expect(await running.exited, running.output()).toBe(app === 'api' ? 0 : 1)
    expect(performance.now() - askedMs).toBeLessThan((SHUTDOWN_SECONDS + 5) * 1_000)
    if (app === 'writer') expect(running.output()).toContain('writer.stoppedLate')
    proxy.close()
  })

  test('SIGTERM while it waits for a database at the start: it ends with 0', async () => {
    const proxy = await proxyTo(site.databaseUrl)
    proxy.freeze()
    const starting = start(app, { DATABASE_URL: proxy.url })
    await proxy.asked
    starting.kill('SIGTERM')
    expect(await starting.exited, starting.output()).toBe(0)
    proxy.close()
  })

  test('a taken port: 1, and the message names PORT and the address', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => squatter.once('listening', resolve))
    const address = squatter.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const failed = start(app, { PORT: String(port) })
    expect(await failed.exited).toBe(1)
    expect(failed.output()).toMatch(new RegExp(`PORT: 127\\.0\\.0\\.1:${port} is taken .* set PORT to a free one\n$`))
    squatter.close()
  })

  test('wrong and missing variables: 2, and one message names each of them', async () => {
    const wrong = { DATABASE_URL: 'mysql://h/db', PORT: '70000', AWS_REGION: '', ROOMLOG_SHUTDOWN_SECONDS: 'soon' }
    const failed = start(app, wrong)
    expect(await failed.exited).toBe(2)
    const named = [...failed.output().matchAll(/^ {2}(\w+): /gm)].map(([, name]) => name)
    expect(named.sort()).toEqual(Object.keys(wrong).sort())
  })

  test('a database that cannot be reached: 1, and a message of one line without the password', async () => {
    const failed = start(app, { DATABASE_URL: NOWHERE })
    expect(await failed.exited).toBe(1)
    expect(failed.output()).toMatch(
      /DATABASE_URL: Cannot open the database 127\.0\.0\.1:1\/roomlog: .*ECONNREFUSED.*\n$/,
    )
    expect(failed.output().trim().split('\n')).toHaveLength(1)
    expect(failed.output()).not.toContain('hidden')
  })

  test('ROOMLOG_MIGRATE=off on an empty database: 1, and the message names the command to run', async () => {
    const empty = await site.createEmptyDatabase()
    const failed = start(app, { DATABASE_URL: empty, ROOMLOG_MIGRATE: 'off' })
    expect(await failed.exited).toBe(1)
    expect(failed.output()).toMatch(/lacks the migrations .*roomlog-migrate.*ROOMLOG_MIGRATE=on\.\n$/)
  })

  test('ROOMLOG_MIGRATE=off with a role that lacks rights: 1, and the message is the grants', async () => {
    const url = await site.createEmptyDatabase()
    await migrate({ url })
    const role = `weak_${app}_${process.pid}`
    const owner = createPool({ url, max: 1, applicationName: 'owner' })
    await owner.query(`create role ${role} login password 'weak'; grant usage on schema roomlog to ${role};
                       grant select on all tables in schema roomlog to ${role}`)
    const weak = Object.assign(new URL(url), { username: role, password: 'weak' })
    const failed = start(app, { DATABASE_URL: weak.href, ROOMLOG_MIGRATE: 'off' })
    expect(await failed.exited).toBe(1)
    expect(failed.output()).toMatch(/lacks rights on .*grant select, insert, update, delete on all tables/s)
    expect(failed.output()).not.toMatch(/^\s+at /m)
    await owner.query(`drop owned by ${role}; drop role ${role}`)
    await owner.end()
  })

  test('a variable that nothing reads: it starts, and a warning names it and the one that was meant', async () => {
    const running = start(app, { ROOMLOG_MIGRAET: 'off', ROOMLOG_S3_FLUSH_SECONDS: '60', ROOMLOG_RATE_GET_ROOM: '5' })
    await running.ready()
    expect(running.output()).toMatch(/"level":40.*ROOMLOG_MIGRAET is no variable.*was ROOMLOG_MIGRATE meant/)
    expect(running.output().match(/is no variable/g)).toHaveLength(1)
    running.kill('SIGTERM')
    await running.exited
  })

  test('--help: 0, whatever the variables', async () => {
    const helped = start(app, { DATABASE_URL: '' }, ['--help'])
    expect(await helped.exited).toBe(0)
    expect(helped.output()).toMatch(/^roomlog-\w+: .*DATABASE_URL.*PORT.*SIGTERM/s)
  })
})
