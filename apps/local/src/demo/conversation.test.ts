import { expect, test } from 'vitest'
import { conversation } from './conversation.ts'

test('the built-in conversation is short, of three rooms, with events and a deletion of a message before it', () => {
  const requests = conversation()
  expect(requests.length).toBeGreaterThan(50)
  expect(requests.length).toBeLessThan(80)
  expect(new Set(requests.map(({ room }) => room)).size).toBe(3)
  expect(requests.some(({ type }) => type === 'event')).toBe(true)
  const deletion = requests.findIndex(({ type }) => type === 'deletion')
  const before = requests.slice(0, deletion).filter((request) => request.room === requests[deletion]?.room)
  expect(before.findLast(({ type }) => type === 'message')).toMatchObject({ sender: 'spam-bot' })
})
