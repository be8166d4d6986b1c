import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { type DatabaseProxy, proxyTo } from './database-proxy.ts'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end()
})

test('a statement is caught before the server sees it, and its connection is held', async () => {
  const { proxy, asked, ask, answers } = await open()
  const caught = proxy.catch('settle', 'before')
  ask('begin')
  await vi.waitFor(() => expect(answers()).toBe('begin;'))
  ask('settle 1')
  await caught
  ask('more')
  expect(asked()).toBe('begin')
})

test('a statement is caught after the server has done its work, and before the answer arrives', async () => {
  const { proxy, asked, ask, answers } = await open()
  const caught = proxy.catch('settle', 'after')
  ask('settle 1')
  await caught
  expect(asked()).toBe('settle 1')
  expect(answers()).toBe('')
})

test('what nobody waits for any more passes', async () => {
  const { proxy, ask, answers } = await open()
  void proxy.catch('settle', 'before')
  proxy.letPass()
  ask('settle 1')
  await vi.waitFor(() => expect(answers()).toBe('settle 1;'))
})

/** A server that says what it was asked, and one client of it through a proxy. */
async function open() {
  let heard = ''
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      heard += chunk
      socket.write(`${chunk};`)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const proxy: DatabaseProxy = await proxyTo(`postgresql://127.0.0.1:${port}/db`)
  const client: Socket = connect(Number(new URL(proxy.url).port), '127.0.0.1')
  ends.push(
    () => server.close(),
    () => proxy.close(),
    () => client.destroy(),
  )
  let answers = ''
  client.on('error', () => {})
  client.on('data', (chunk) => {
    answers += chunk
  })
  await proxy.asked
  return { proxy, asked: () => heard, ask: (text: string) => client.write(text), answers: () => answers }
}
