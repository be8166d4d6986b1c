import { once } from 'node:events'
import { createServer, Socket } from 'node:net'
import { type TestDatabase, testPostgres } from '@roomlog/embedded-postgres'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { assertMigrated, migrate } from './migrate.ts'

type Order = 'latest' | 'oldest'

const ends: (() => void)[] = []
let database: TestDatabase

beforeAll(async () => {
  const postgres = await testPostgres({ prepare: (url) => migrate({ url }) })
  database = await postgres.createDatabase()
})
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end()
})
afterAll(() => database.drop())

test.each<[number, Order]>([
  [1, 'latest'],
  [2, 'latest'],
  [2, 'oldest'],
  [3, 'latest'],
  [3, 'oldest'],
  [8, 'oldest'],
])('a pooler in transaction mode with %i connections that hands out the %s used is refused', async (size, order) => {
  const url = await startPooler(size, order)
  const refusal = { code: 'pooler', message: expect.stringContaining('session mode') }
  await expect(migrate({ url })).rejects.toMatchObject(refusal)
  await expect(assertMigrated({ url })).rejects.toMatchObject(refusal)
})

test('nothing of ours is left on the connections of a pooler that was refused', async () => {
  const url = await startPooler(1, 'latest')
  await expect(migrate({ url })).rejects.toMatchObject({ code: 'pooler' })
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query(
    `select current_setting('search_path') as path, current_setting('lock_timeout') as lock,
            (select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks`,
  )
  expect(rows).toEqual([{ path: '"$user", public', lock: '0', locks: 0 }])
  await client.end()
})

type Server = { readonly socket: Socket; heldBy: Client | undefined; usedAt: number }
type Client = { readonly socket: Socket; waiting: Buffer[]; server: Server | undefined }

/** The least of such a pooler: what a client sends goes to a free connection, its own until it is in no transaction. */
async function startPooler(size: number, order: Order): Promise<string> {
  const servers = await Promise.all(Array.from({ length: size }, signIn))
  const clients = new Set<Client>()
  let uses = 0

  const handOut = () => {
    for (const client of clients) {
      if (client.waiting.length === 0) continue
      const free = servers.filter(({ heldBy }) => heldBy === undefined).sort((a, b) => a.usedAt - b.usedAt)
      client.server ??= order === 'latest' ? free.at(-1) : free[0]
      if (client.server === undefined) continue
      client.server.heldBy = client
      client.server.usedAt = ++uses
      for (const chunk of client.waiting) client.server.socket.write(chunk)
      client.waiting = []
    }
  }
  for (const server of servers) {
    let tail = Buffer.alloc(0)
    server.socket.on('data', (chunk) => {
      const client = server.heldBy
      tail = Buffer.concat([tail, chunk]).subarray(-READY.length)
      // The answers here are small, and arrive whole.
      if (client !== undefined && tail.equals(READY)) {
        client.server = undefined
        server.heldBy = undefined
      }
      client?.socket.write(chunk)
      handOut()
    })
  }
  const proxy = createServer((socket) => {
    const client: Client = { socket, waiting: [], server: undefined }
    ends.push(() => socket.destroy())
    socket.on('error', () => {})
    // The startup is answered here: the connections to the database have had theirs.
    socket.once('data', () => {
      socket.write(Buffer.concat([SIGNED_IN, READY]))
      clients.add(client)
      socket.on('data', (chunk) => {
        // Not the goodbye: the database's connection outlives its client.
        if (chunk[0] !== TERMINATE) client.waiting.push(chunk)
        handOut()
      })
    })
    socket.on('close', () => {
      clients.delete(client)
      // A transaction that a client leaves open is ended; its settings stay.
      client.server?.socket.write(ROLLBACK)
    })
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  ends.push(() => proxy.close())
  const address = proxy.address()
  const url = new URL(database.url)
  url.host = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  return url.href
}

/** A connection to the database, signed in by pg and taken from it. */
async function signIn(): Promise<Server> {
  const socket = new Socket()
  const client = new pg.Client({ connectionString: database.url, stream: () => socket })
  client.on('error', () => {})
  await client.connect()
  socket.removeAllListeners('data')
  ends.push(() => socket.destroy())
  return { socket, heldBy: undefined, usedAt: 0 }
}

function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(4 + body.length)
  return Buffer.concat([Buffer.from(type), length, body])
}

const TERMINATE = 0x58
const SIGNED_IN = message('R', Buffer.alloc(4))
const READY = message('Z', Buffer.from('I'))
const ROLLBACK = message('Q', Buffer.from('rollback\0'))
