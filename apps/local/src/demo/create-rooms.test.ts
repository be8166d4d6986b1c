import { createRoomlogClient } from '@roomlog/client'
import { expect, test } from 'vitest'
import { createRooms } from './create-rooms.ts'

type Refusal = { readonly name: string; readonly message: string }

/** Rooms of an api that refuses as `refuse` says; `atOnceMax` is the most it was asked for at the same time. */
function anApi(refuse: (call: number) => Refusal | undefined) {
  const seen = { calls: 0, atOnceMax: 0, pauses: 0 }
  const client = createRoomlogClient({
    url: 'http://api.test',
    accessKey: { accessKeyId: 'id', secretAccessKey: 'secret' },
    fetch: async (_, init) => {
      const inputs: unknown[] = Object.values(JSON.parse(String(init?.body)))
      seen.atOnceMax = Math.max(seen.atOnceMax, inputs.length)
      const answers = inputs.map((input) => {
        seen.calls += 1
        const ivs = refuse(seen.calls)
        const data = { arn: Object(input).name, id: Object(input).name }
        return ivs ? { error: { message: ivs.message, code: -32603, data: { ivs } } } : { result: { data } }
      })
      return new Response(JSON.stringify(answers), { headers: { 'content-type': 'application/json' } })
    },
  })
  const create = createRooms({
    create: async (name) => (await client.room.create.mutate({ name })).arn,
    signal: new AbortController().signal,
    pause: async () => {
      seen.pauses += 1
    },
  })
  return { create, seen }
}

const BUSY = { name: 'ServiceUnavailable', message: 'Too many changes wait for their turn' }

// A file of 3,240 rooms asked for all of them at once, and the demo ended with what the api said to the first too many.
test('however many rooms are asked for, the api is asked for a few at once', async () => {
  const { create, seen } = anApi(() => undefined)
  const names = Array.from({ length: 3_240 }, (_, index) => `room-${index}`)
  expect(await Promise.all(names.map(create))).toEqual(names)
  expect(seen).toEqual({ calls: 3_240, atOnceMax: 20, pauses: 0 })
})

test('a room is asked for again when the api is busy or the rate is used up', async () => {
  const slow = { name: 'ThrottlingException', message: 'More than 10 requests a second' }
  const { create, seen } = anApi((call) => [BUSY, slow][call - 1])
  expect(await create('lobby')).toBe('lobby')
  expect(seen).toMatchObject({ calls: 3, pauses: 2 })
})

test('what another attempt would not mend is told at once, and an api that stays busy in the end', async () => {
  const full = anApi(() => ({ name: 'ServiceQuotaExceededException', message: 'no more rooms' }))
  await expect(full.create('lobby')).rejects.toThrow('no more rooms')
  expect(full.seen.calls).toBe(1)
  const busy = anApi(() => BUSY)
  await expect(busy.create('lobby')).rejects.toThrow('Too many changes')
  expect(busy.seen.calls).toBe(40)
})
