import { expect, test } from 'vitest'
import { CONTRACT, OPERATION_NAMES } from './contract.ts'
import { AccessKeyScope, grants } from './scope.ts'

const mayDo = (scope: AccessKeyScope) => OPERATION_NAMES.filter((name) => grants([scope], CONTRACT[name].scopes)).sort()

const LOOK = [
  'delivery.status',
  'loggingConfiguration.get',
  'loggingConfiguration.list',
  'room.get',
  'room.list',
  'tags.list',
]
const MODERATE = ['chat.deleteMessage', 'chat.disconnectUser']
const SEND = ['chat.sendEvent', 'chat.sendMessage', 'chat.sendMessages']

test('chat sends, deletes and disconnects, and sees nothing', () => {
  expect(mayDo('chat')).toEqual([...MODERATE, ...SEND])
})

test('read looks and changes nothing', () => {
  expect(mayDo('read')).toEqual(LOOK)
  for (const name of mayDo('read')) expect(CONTRACT[name].kind, name).toBe('query')
})

test('moderate looks, deletes messages and disconnects people', () => {
  expect(mayDo('moderate')).toEqual([...MODERATE, ...LOOK])
})

test('admin does all that concerns its account, and not what concerns all accounts', () => {
  expect(mayDo('admin')).toEqual([...OPERATION_NAMES].sort())
  expect(grants(['admin'], ['operator'])).toBe(false)
  expect(grants(['admin', 'chat', 'read', 'moderate'], ['operator'])).toBe(false)
})

test('operator does what concerns all accounts, and has no other scope by that', () => {
  expect(grants(['operator'], ['operator'])).toBe(true)
  for (const scope of AccessKeyScope.options) expect(grants(['operator'], [scope]), scope).toBe(scope === 'operator')
})
