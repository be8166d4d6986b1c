import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createPool } from './pool.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

test('a server that dies as it hands out a connection fails the first query, not the process', async () => {
  // Startup's end and the server's last words arrive together, before whoever asked for the connection can listen.
  const fatal = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0')
  const url = await serve(
    Buffer.concat([message('R', Buffer.alloc(4)), message('Z', Buffer.from('I')), message('E', fatal)]),
  )
  const pool = createPool({ url, max: 1, applicationName: 'test' })
  ends.push(() => pool.end())
  const client = await pool.connect()
  await expect(client.query('select 1')).rejects.toThrow(/not queryable/)
  client.release(true)
})

/** A server that answers whatever it is sent first with these bytes. */
async function serve(answer: Buffer): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.end(answer))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => server.close())
  const address = server.address()
  return `postgresql://u:p@127.0.0.1:${typeof address === 'object' ? address?.port : 0}/db?sslmode=disable`
}

function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(4 + body.length)
  return Buffer.concat([Buffer.from(type), length, body])
}
