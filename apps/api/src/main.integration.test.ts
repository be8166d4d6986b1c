import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MainProcess, runMain } from '../test/run-main.ts'
import { createTestDatabase, ENCRYPTION_KEY } from '../test/start-api.ts'

let env: Readonly<Record<string, string>>
const running: MainProcess[] = []

beforeAll(async () => {
  const { url } = await createTestDatabase()
  env = {
    DATABASE_URL: url,
    PORT: '0',
    AWS_REGION: 'us-west-2',
    ROOMLOG_ACCOUNT_ID: '333333333333',
    ROOMLOG_ENCRYPTION_KEY: ENCRYPTION_KEY,
    ROOMLOG_ROOT_ACCESS_KEY_ID: 'ROOT',
    ROOMLOG_ROOT_SECRET_ACCESS_KEY: 'a-secret-of-some-length',
  }
})
afterAll(() => {
  for (const { child } of running) child.kill('SIGKILL')
})

const start = (more: Readonly<Record<string, string>> = {}) => {
  const main = runMain({ ...env, ...more })
  running.push(main)
  return main
}

const list = (url: string, secret: string) =>
  fetch(`${url}/trpc/room.list`, { headers: { authorization: `Bearer ROOT.${secret}` } })

test('it says when it is ready, serves, and leaves with 0 on SIGTERM', async () => {
  const main = start()
  const url = await main.ready()
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ status: 'ready' })
  expect((await list(url, 'a-secret-of-some-length')).status).toBe(200)
  main.child.kill('SIGTERM')
  expect(await main.exited).toBe(0)
  expect(main.output()).not.toContain('a-secret-of-some-length')
})

test('two start on a new database at once, and a changed root secret is taken over', async () => {
  const { url } = await createTestDatabase()
  const secret = 'another-secret-of-some-length'
  const [one, two] = [start({ DATABASE_URL: url }), start({ DATABASE_URL: url })]
  await Promise.all([one.ready(), two.ready()])
  const changed = await start({ DATABASE_URL: url, ROOMLOG_ROOT_SECRET_ACCESS_KEY: secret }).ready()
  expect((await list(changed, secret)).status).toBe(200)
  expect((await list(changed, 'a-secret-of-some-length')).status).toBe(403)
  for (const main of [one, two]) main.child.kill('SIGTERM')
  expect(await Promise.all([one.exited, two.exited])).toEqual([0, 0])
})
