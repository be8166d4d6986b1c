import { afterAll, beforeAll, expect, test } from 'vitest'
import { readJournal } from '../test/journal.ts'
import { createTestDatabase, OTHER_ACCOUNT, REGION, startApi, type TestApi } from '../test/start-api.ts'

let databaseUrl: string
let owner: TestApi
let stranger: TestApi

beforeAll(async () => {
  databaseUrl = (await createTestDatabase()).url
  owner = await startApi(databaseUrl)
  stranger = await startApi(databaseUrl, { accountId: OTHER_ACCOUNT })
})
afterAll(() => Promise.all([owner?.close(), stranger?.close()]))

test('no operation of one account reaches a resource of another, and answers as if it were missing', async () => {
  const destinationConfiguration = { s3: { bucketName: 'owned-bucket' } }
  const configuration = (await owner.call('loggingConfiguration.create', { destinationConfiguration })).data
  const loggingConfigurationIdentifiers = [configuration.arn]
  const room = (await owner.call('room.create', { name: 'owned', tags: { a: '1' }, loggingConfigurationIdentifiers }))
    .data
  const key = (await owner.call('accessKey.create', { scopes: ['admin'] })).data
  const strangersRoom = (await stranger.call('room.create')).data

  const sender = { userId: 'eve' }
  const calls = (
    roomArn: string,
    configurationArn: string,
    accessKeyId: string,
  ): readonly (readonly [string, unknown])[] => [
    ['room.get', { identifier: roomArn }],
    ['room.update', { identifier: roomArn, name: 'taken' }],
    ['room.delete', { identifier: roomArn }],
    ['room.create', { loggingConfigurationIdentifiers: [configurationArn] }],
    ['room.update', { identifier: strangersRoom.arn, loggingConfigurationIdentifiers: [configurationArn] }],
    ['room.list', { loggingConfigurationIdentifier: configurationArn }],
    ['loggingConfiguration.get', { identifier: configurationArn }],
    ['loggingConfiguration.update', { identifier: configurationArn, name: 'taken' }],
    [
      'loggingConfiguration.update',
      { identifier: configurationArn, destinationConfiguration: { s3: { bucketName: 'eve' } } },
    ],
    ['loggingConfiguration.delete', { identifier: configurationArn }],
    ['loggingConfiguration.delete', { identifier: configurationArn, abandonBacklog: true }],
    ['chat.sendMessage', { roomIdentifier: roomArn, sender, content: 'hi' }],
    ['chat.sendEvent', { roomIdentifier: roomArn, eventName: 'app:x' }],
    ['chat.deleteMessage', { roomIdentifier: roomArn, id: 'abcdefABCDEF' }],
    ['chat.disconnectUser', { roomIdentifier: roomArn, userId: 'ann' }],
    ['tags.list', { resourceArn: roomArn }],
    ['tags.add', { resourceArn: roomArn, tags: { b: '2' } }],
    ['tags.remove', { resourceArn: roomArn, tagKeys: ['a'] }],
    ['tags.list', { resourceArn: configurationArn }],
    ['tags.add', { resourceArn: configurationArn, tags: { b: '2' } }],
    ['tags.remove', { resourceArn: configurationArn, tagKeys: ['a'] }],
    ['accessKey.revoke', { accessKeyId }],
  ]
  const missingId = 'zzzzzzzzzzzz'
  const arn = (account: string, type: string, id: string) => `arn:aws:ivschat:${REGION}:${account}:${type}/${id}`
  const asked = calls(room.arn, configuration.arn, key.accessKeyId)
  const missing = calls(
    arn(OTHER_ACCOUNT, 'room', missingId),
    arn(OTHER_ACCOUNT, 'logging-configuration', missingId),
    missingId,
  )
  // The id alone, under the stranger's own account number, must not do either.
  const renamed = calls(
    arn(OTHER_ACCOUNT, 'room', room.id),
    arn(OTHER_ACCOUNT, 'logging-configuration', configuration.id),
    key.accessKeyId,
  )

  for (const [i, [procedure, input]] of asked.entries()) {
    const answer = await stranger.call(procedure, input)
    expect(answer, procedure).toMatchObject({ status: 404, ivs: { name: 'ResourceNotFoundException' } })
    const asMissing = await stranger.call(procedure, missing[i]?.[1])
    expect(withoutId(answer), procedure).toEqual(withoutId(asMissing))
    const [, renamedInput] = renamed[i] ?? []
    expect(withoutId(await stranger.call(procedure, renamedInput)), procedure).toEqual(withoutId(asMissing))
  }
  const many = await stranger.call('chat.sendMessages', {
    messages: [{ roomIdentifier: room.arn, sender, content: 'hi' }],
  })
  expect(many.data.results).toMatchObject([{ error: { name: 'ResourceNotFoundException', resourceId: room.id } }])

  expect((await stranger.call('room.list', { name: 'owned' })).data.rooms).toEqual([])
  expect((await stranger.call('loggingConfiguration.list')).data.loggingConfigurations).toEqual([])
  expect((await stranger.call('delivery.status')).data.loggingConfigurations).toEqual([])
  const { accessKeys } = (await stranger.call('accessKey.list')).data
  expect(accessKeys.map(({ accessKeyId }: { accessKeyId: string }) => accessKeyId)).not.toContain(key.accessKeyId)

  expect((await owner.call('room.get', { identifier: room.arn })).data).toEqual(room)
  expect((await owner.call('loggingConfiguration.get', { identifier: configuration.arn })).data).toEqual(configuration)
  expect((await owner.call('room.list', {}, `${key.accessKeyId}.${key.secretAccessKey}`)).status).toBe(200)
  expect(await readJournal(databaseUrl)).toEqual([])
})

function withoutId(answer: { readonly status: number; readonly ivs: unknown }) {
  return { status: answer.status, ivs: { ...Object(answer.ivs), resourceId: undefined } }
}

test('an access key of one account serves that account on any api process', async () => {
  expect((await stranger.call('room.create', { name: 'through-another' }, owner.bearer)).data.arn).toContain(
    '111111111111',
  )
})
