import { expect, test } from 'vitest'
import type { ChatRequest } from './request.ts'
import { type Call, RoomQueues } from './room-queues.ts'

const message = (room: string, content: string): ChatRequest => ({ type: 'message', room, sender: 'ann', content })
const event = (room: string, eventName: string): ChatRequest => ({ type: 'event', room, eventName })

function labels(call: Call | undefined): string[] {
  if (call === undefined) return []
  const requests = call.kind === 'messages' ? call.messages : [call.request]
  return requests.map((request) => {
    if (request.type === 'message') return request.content
    return request.type === 'event' ? request.eventName : request.reason
  })
}

function fill(requests: readonly ChatRequest[]): RoomQueues {
  const queues = new RoomQueues()
  for (const request of requests) queues.add(request)
  return queues
}

test('a call carries the messages of several rooms, each in order', () => {
  const queues = fill([message('a', 'a1'), message('b', 'b1'), message('a', 'a2')])
  const call = queues.takeShort(10)
  expect(labels(call)).toEqual(['a1', 'a2', 'b1'])
  expect(call).toMatchObject({ rooms: ['a', 'b'] })
})

test('a room is in one call at a time', () => {
  const queues = fill([message('a', 'a1'), message('a', 'a2')])
  const first = queues.takeShort(1)
  expect(queues.takeShort(10)).toBeUndefined()
  if (first) queues.done(first)
  expect(labels(queues.takeShort(10))).toEqual(['a2'])
})

test('an event waits for the messages before it, and holds back those after it', () => {
  const queues = fill([message('a', 'a1'), event('a', 'e'), message('a', 'a2')])
  expect(queues.takeSingle()).toBeUndefined()
  const before = queues.takeLong(10)
  expect(labels(before)).toEqual(['a1'])
  if (before) queues.done(before)
  const single = queues.takeSingle()
  expect(labels(single)).toEqual(['e'])
  expect(queues.takeShort(10)).toBeUndefined()
  if (single) queues.done(single)
  expect(labels(queues.takeShort(10))).toEqual(['a2'])
})

test('a long room does not fill a call while others wait', () => {
  const long = Array.from({ length: 1_000 }, (_, index) => message('long', `l${index}`))
  const queues = fill([...long, message('b', 'b1')])
  expect(labels(queues.takeShort(500))).toContain('b1')
})

test('what is put back goes out first', () => {
  const queues = fill([message('a', 'a1'), message('a', 'a2'), message('a', 'a3')])
  const call = queues.takeShort(2)
  if (call?.kind === 'messages') {
    queues.putBack(call.messages.slice(1))
    queues.done(call)
  }
  expect(labels(queues.takeShort(10))).toEqual(['a2', 'a3'])
})

test('everything goes out once, whatever the mixture, and then it is idle', () => {
  const requests = Array.from({ length: 5_000 }, (_, index) =>
    index % 7 === 0 ? event(`room${index % 13}`, `x${index}`) : message(`room${index % 13}`, `x${index}`),
  )
  const queues = fill(requests)
  expect(queues.size).toBe(5_000)
  const out: string[] = []
  while (!queues.idle) {
    const call = queues.takeLong(50) ?? queues.takeShort(50) ?? queues.takeSingle()
    if (call === undefined) throw new Error('stuck')
    out.push(...labels(call))
    queues.done(call)
  }
  expect(queues.size).toBe(0)
  expect(new Set(out).size).toBe(5_000)
  for (let room = 0; room < 13; room += 1) {
    const mine = out.filter((label) => Number(label.slice(1)) % 13 === room).map((label) => Number(label.slice(1)))
    expect(mine).toEqual(mine.toSorted((a, b) => a - b))
  }
})

test('a room with events ahead does not wait behind rooms without', () => {
  const queues = fill([message('a', 'a1'), message('b', 'b1'), event('b', 'e')])
  expect(labels(queues.takeLong(10))).toEqual(['b1'])
  expect(labels(queues.takeShort(10))).toEqual(['a1'])
})
