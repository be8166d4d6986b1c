import { AccountId } from '@roomlog/domain'
import { expect, test } from 'vitest'
import { createAuthenticator, digestOf, type UsableKey } from './authenticator.ts'
import { checkScope } from './caller.ts'

const accountId = AccountId.parse('123456789012')
const admin: UsableKey = { accountId, scopes: ['admin'], secretDigest: digestOf('s3cret') }
const chat: UsableKey = { ...admin, scopes: ['chat'] }

const setUp = (keys: Record<string, UsableKey>) => {
  const world = { keys: new Map(Object.entries(keys)), ms: 0, lookUps: 0, away: false, strangersMax: 1_000 }
  const authenticator = createAuthenticator({
    nowMs: () => world.ms,
    keysMax: 2,
    mayLookUp: () => {
      world.strangersMax -= 1
      return world.strangersMax >= 0
    },
    find: async (id) => {
      world.lookUps += 1
      if (world.away) throw new Error('away')
      return world.keys.get(id)
    },
  })
  /** As the door asks: at once, or after a look-up. */
  const ask = (authorization: string | undefined) => authenticator.authenticate(authorization)
  const authenticate = async (authorization: string | undefined) => {
    const found = ask(authorization)
    return 'answer' in found ? found.answer : found
  }
  return { world, ask, authenticator: { ...authenticator, authenticate } }
}

test.each([
  undefined,
  '',
  'Bearer ',
  'Bearer AK',
  'Bearer AK.',
  'Bearer AK.wrong',
  'Bearer AK.s3cret.more',
  'Bearer XX.s3cret',
  'Bearer XX.',
  'Basic AK.s3cret',
  `Bearer AK.${'s'.repeat(513)}`,
])('%j is not recognised', async (authorization) => {
  const { authenticator } = setUp({ AK: admin })
  const result = await authenticator.authenticate(authorization)
  expect(result).toMatchObject({ ok: false, error: { name: 'UnrecognizedClientException' } })
})

test('admin may do everything and chat may do chat alone', async () => {
  const { authenticator } = setUp({ AK: admin, CK: chat })
  expect(await authenticator.authenticate('Bearer AK.s3cret')).toMatchObject({
    ok: true,
    value: { kind: 'accessKey', by: 'bearer', accessKeyId: 'AK', accountId },
  })
  expect(await authenticator.authenticate('bearer CK.s3cret')).toMatchObject({ ok: true, value: { scopes: ['chat'] } })
  expect(checkScope(admin, ['admin']).ok).toBe(true)
  expect(checkScope(admin, ['chat']).ok).toBe(true)
  expect(checkScope(chat, ['chat']).ok).toBe(true)
  expect(checkScope(chat, ['admin'])).toMatchObject({ ok: false, error: { name: 'AccessDeniedException' } })
})

test('a key is looked up once in five seconds, and again when this process changed it', async () => {
  const { world, authenticator } = setUp({ AK: admin })
  await authenticator.authenticate('Bearer AK.s3cret')
  world.keys.delete('AK')
  world.ms = 2_499
  expect(await authenticator.authenticate('Bearer AK.s3cret')).toMatchObject({ ok: true })
  authenticator.forget('AK')
  expect(await authenticator.authenticate('Bearer AK.s3cret')).toMatchObject({ ok: false })
  expect(world.lookUps).toBe(2)
  world.ms = 10_000
  await authenticator.authenticate('Bearer AK.s3cret')
  expect(world.lookUps).toBe(3)
})

test('a key in use is answered at once for as long as it is asked for, and revoked elsewhere it works for five seconds', async () => {
  const { world, ask, authenticator } = setUp({ AK: admin })
  await authenticator.authenticate('Bearer AK.s3cret')
  for (world.ms = 0; world.ms < 20_000; world.ms += 1_000) {
    expect(ask('Bearer AK.s3cret')).toMatchObject({ ok: true })
    await Promise.resolve()
  }
  expect(world.lookUps).toBeLessThan(10)
  world.keys.delete('AK')
  const goodUntilMs = world.ms + 5_000
  for (; world.ms <= goodUntilMs; world.ms += 1_000) await authenticator.authenticate('Bearer AK.s3cret')
  expect(await authenticator.authenticate('Bearer AK.s3cret')).toMatchObject({ ok: false })
})

test('while a key is looked up it is said whose it was, to who knows its secret', async () => {
  const { world, ask, authenticator } = setUp({ AK: admin })
  expect(ask('Bearer AK.s3cret')).toMatchObject({ lastKnownAs: undefined })
  await authenticator.authenticate('Bearer AK.s3cret')
  world.ms = 60_000
  expect(ask('Bearer AK.s3cret')).toMatchObject({ lastKnownAs: accountId })
  expect(ask('Bearer AK.guessed')).toMatchObject({ lastKnownAs: undefined })
})

test('a key that this process changed while it was read again is not what was read before', async () => {
  const { world, authenticator } = setUp({ AK: admin })
  await authenticator.authenticate('Bearer AK.s3cret')
  world.ms = 3_000
  void authenticator.authenticate('Bearer AK.s3cret')
  world.keys.delete('AK')
  authenticator.forget('AK')
  await Promise.resolve()
  expect(await authenticator.authenticate('Bearer AK.s3cret')).toMatchObject({ ok: false })
})

test('a look-up that failed is not remembered', async () => {
  const { world, authenticator } = setUp({ AK: admin })
  world.away = true
  await expect(authenticator.authenticate('Bearer AK.s3cret')).rejects.toThrow('away')
  world.away = false
  expect(await authenticator.authenticate('Bearer AK.s3cret')).toMatchObject({ ok: true })
})

test('a key that is not there is looked up once in five seconds, and at once when this process makes it', async () => {
  const { world, authenticator } = setUp({})
  const ask = () => authenticator.authenticate('Bearer AK.s3cret')
  await Promise.all([ask(), ask(), ask()])
  await ask()
  expect(world.lookUps).toBe(1)
  world.keys.set('AK', admin)
  world.ms = 4_999
  expect(await ask()).toMatchObject({ ok: false, error: { name: 'UnrecognizedClientException' } })
  world.ms = 5_000
  expect(await ask()).toMatchObject({ ok: true })
  world.keys.delete('AK')
  authenticator.forget('AK')
  expect(await ask()).toMatchObject({ ok: false })
  world.keys.set('AK', admin)
  authenticator.forget('AK')
  expect(await ask()).toMatchObject({ ok: true })
})

test('strangers are told to come back when there are too many of them, and push out no key that was good', async () => {
  const { world, authenticator } = setUp({ AK: admin, LATE: admin })
  await authenticator.authenticate('Bearer AK.s3cret')
  world.strangersMax = 100
  for (let n = 0; n < 200; n += 1) await authenticator.authenticate(`Bearer NOBODY${n}.s3cret`)
  expect(world.lookUps).toBe(101)
  // Whether this one is good cannot be said without a look-up.
  const late = await authenticator.authenticate('Bearer LATE.s3cret')
  expect(late).toMatchObject({ ok: false, error: { name: 'ServiceUnavailable' } })
  expect(await authenticator.authenticate('Bearer AK.s3cret')).toMatchObject({ ok: true })
  expect(world.lookUps).toBe(101)
  // Also once it is stale: it is read again without asking strangers' leave.
  world.ms = 60_000
  expect(await authenticator.authenticate('Bearer AK.s3cret')).toMatchObject({ ok: true })
  expect(world.lookUps).toBe(102)
})

test('a key that was changed while it was looked up is looked up again', async () => {
  const { world, authenticator } = setUp({ AK: admin })
  const before = authenticator.authenticate('Bearer AK.s3cret')
  world.keys.delete('AK')
  authenticator.forget('AK')
  expect(await before).toMatchObject({ ok: true })
  expect(await authenticator.authenticate('Bearer AK.s3cret')).toMatchObject({ ok: false })
})
