import { createPool } from '@roomlog/db'
import { AccessKeyScope, CONTRACT, grants, OPERATION_NAMES } from '@roomlog/domain'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, startApi, type TestApi } from '../../test/start-api.ts'

let databaseUrl: string
let api: TestApi

beforeAll(async () => {
  databaseUrl = (await createTestDatabase()).url
  api = await startApi(databaseUrl)
})
afterAll(() => api?.close())

const keyWith = async (...scopes: readonly AccessKeyScope[]): Promise<string> => {
  const { data } = await api.call('accessKey.create', { scopes })
  return `${data.accessKeyId}.${data.secretAccessKey}`
}

test.each(AccessKeyScope.options)(
  'a key with the scope %s may do what the contract says, and nothing else',
  async (scope) => {
    const bearer = await keyWith(scope)
    for (const name of OPERATION_NAMES) {
      const { scopes, example } = CONTRACT[name]
      const answer = await api.call(name, example.input, bearer)
      expect(answer.ivs?.name === 'AccessDeniedException', name).toBe(!grants([scope], scopes))
    }
  },
)

test('a key with two scopes may do what either of them may', async () => {
  const bearer = await keyWith('read', 'chat')
  for (const name of OPERATION_NAMES) {
    const answer = await api.call(name, CONTRACT[name].example.input, bearer)
    const may = grants(['read'], CONTRACT[name].scopes) || grants(['chat'], CONTRACT[name].scopes)
    expect(answer.ivs?.name === 'AccessDeniedException', name).toBe(!may)
  }
})

test('only the root key can give the scope operator: one that was given it cannot hand it on', async () => {
  for (const bearer of [await keyWith('admin'), await keyWith('admin', 'operator')]) {
    const refused = await api.call('accessKey.create', { scopes: ['operator'] }, bearer)
    expect(refused).toMatchObject({ status: 403, ivs: { name: 'AccessDeniedException' } })
    expect((await api.call('accessKey.create', { scopes: ['read', 'moderate'] }, bearer)).status).toBe(200)
  }
})

test('the root key is listed with its scopes, and one that an earlier release made gets what it lacks', async () => {
  const scopesOf = async (accessKeyId: string): Promise<unknown> => {
    const { accessKeys } = (await api.call('accessKey.list')).data
    return accessKeys.find((key: { accessKeyId: string }) => key.accessKeyId === accessKeyId)?.scopes
  }
  const [rootId = ''] = api.bearer.split('.')
  expect(await scopesOf(rootId)).toEqual(['admin', 'chat', 'operator'])

  const pool = createPool({ url: databaseUrl, max: 1, applicationName: 'test' })
  const rowOf = async () => (await pool.query('select * from access_key where id = $1', [rootId])).rows[0]
  const { secret_encrypted: secretBefore } = await rowOf()
  await pool.query('update access_key set added_scopes = null where id = $1', [rootId])
  expect(await scopesOf(rootId)).toEqual(['admin', 'chat'])
  const next = await startApi(databaseUrl)
  expect(await scopesOf(rootId)).toEqual(['admin', 'chat', 'operator'])
  // The first release may still run beside this one, so the column that it reads stays as it wrote it; otherwise it would refuse the key.
  expect(await rowOf()).toMatchObject({ scopes: ['admin', 'chat'], secret_encrypted: secretBefore })
  await Promise.all([next.close(), pool.end()])
})

test('a key with a scope of a later release can do the rest', async () => {
  const bearer = await keyWith('read')
  const pool = createPool({ url: databaseUrl, max: 1, applicationName: 'test' })
  await pool.query(`update access_key set added_scopes = array_append(added_scopes, 'later') where id = $1`, [
    bearer.split('.')[0],
  ])
  await pool.end()
  expect((await api.call('room.list', {}, bearer)).status).toBe(200)
})
