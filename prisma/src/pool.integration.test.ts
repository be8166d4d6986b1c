import { once } from 'node:events'
import { createServer } from 'node:net'
import { testPostgres } from '@roomlog/embedded-postgres'
import { afterEach, expect, test } from 'vitest'
import { createPool } from './pool.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

test('a server that dies as it hands out a connection fails the first query, not the process', async () => {
  // The end of the set-up and the server's last words arrive together, before whoever asked for the connection listens.
  const fatal = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0')
  const ready = message('Z', Buffer.from('I'))
  const url = await serve([
    Buffer.concat([message('R', Buffer.alloc(4)), ready]),
    Buffer.concat([message('C', Buffer.from('SET\0')), ready, message('E', fatal)]),
  ])
  const pool = createPool({ url, max: 1, applicationName: 'test' })
  ends.push(() => pool.end())
  const client = await pool.connect()
  await expect(client.query('select 1')).rejects.toThrow(/not queryable/)
  client.release(true)
})

/** A server that answers whatever it is sent with these bytes, one after the other, and ends with the last. */
async function serve(answers: readonly Buffer[]): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    let n = 0
    socket.on('data', () => {
      const answer = answers[n++] ?? Buffer.alloc(0)
      if (n < answers.length) socket.write(answer)
      else socket.end(answer)
    })
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

test('a server that dies before a connection has its settings fails whoever asked for it', async () => {
  const url = await serve([
    Buffer.concat([message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))]),
    Buffer.alloc(0),
  ])
  const pool = createPool({ url, max: 1, applicationName: 'test' })
  ends.push(() => pool.end())
  await expect(pool.connect()).rejects.toThrow(/terminated unexpectedly/)
  expect(pool.totalCount).toBe(0)
})

test('answers far larger than the memory they are read into come whole, beside others and one after the other', async () => {
  const pool = createPool({ url: (await testPostgres()).url, max: 3, applicationName: 'test' })
  ends.push(() => pool.end())
  const lengths = [1, 70_000, 300_000, 1_500_000, 10, 262_144, 262_143]
  const answers = await Promise.all(
    [...lengths, ...lengths].map(async (length, n) => {
      const { rows } = await pool.query('select repeat(chr(65 + $2::integer), $1) as text from generate_series(1, 2)', [
        length,
        n,
      ])
      return rows.map(({ text }) => text)
    }),
  )
  answers.forEach((texts, n) => {
    const expected = String.fromCharCode(65 + n).repeat(lengths[n % lengths.length] ?? 0)
    expect(texts.map((text) => text === expected)).toEqual([true, true])
  })
})
