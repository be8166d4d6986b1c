import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { count } from '../demo/report.ts'
import { inMebibytes, type Played } from './judge.ts'
import type { Stage } from './stage.ts'
import { closeAll, hammer, head, open, openMany, post } from './wire.ts'

const MEBIBYTE = 1024 * 1024
const FLOOD_MS = 10_000
const UNKNOWN_KEY = 'NOBODY.not-a-secret-of-anybody'

/** A stranger streams forms that never end. */
export async function floodForms({ apiPort, signal }: Stage): Promise<Played> {
  const connections = 4
  const bytesEach = 256 * MEBIBYTE
  const start = '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n'
  const chunk = Buffer.alloc(MEBIBYTE, 'a')
  const within = AbortSignal.any([signal, AbortSignal.timeout(3 * FLOOD_MS)])
  const sent = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = open(apiPort)
      socket.resume()
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
      const headers = { 'content-type': 'multipart/form-data; boundary=x', 'transfer-encoding': 'chunked' }
      socket.write(head('POST /trpc/chat.sendMessage', headers))
      socket.write(framed(Buffer.from(start)))
      let bytes = 0
      while (bytes < bytesEach && !socket.destroyed && !within.aborted) {
        bytes += chunk.length
        if (socket.write(framed(chunk))) continue
        await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed, sleep(FLOOD_MS)])
      }
      socket.destroy()
      return bytes
    }),
  )
  const bytes = sent.reduce((sum, one) => sum + one, 0)
  return { tried: connections, notes: [`${inMebibytes(bytes)} could be sent`], broken: [] }
}

/** Connections that declare a large body, send one byte of it, and wait. */
export function declareBodies(whose: 'stranger' | 'account') {
  return async ({ apiPort, badToken, signal }: Stage): Promise<Played> => {
    const sockets = await openMany(apiPort, 16, signal)
    const headers = {
      authorization: `Bearer ${whose === 'account' ? badToken : UNKNOWN_KEY}`,
      'content-type': 'application/json',
      'content-length': 8 * MEBIBYTE,
    }
    for (const socket of sockets) socket.resume().write(`${head('POST /trpc/chat.sendMessages', headers)}{`)
    await sleep(FLOOD_MS, undefined, { signal })
    closeAll(sockets)
    return { tried: sockets.length, notes: [], broken: [] }
  }
}

/** Sockets that send requests as fast as they are taken and never read an answer. */
export async function neverRead({ apiPort, signal }: Stage): Promise<Played> {
  const bytesEachMax = 16 * MEBIBYTE
  const requests = Buffer.from(head(`GET /trpc/${'x'.repeat(400)}`).repeat(100))
  const sockets = await openMany(apiPort, 30, signal)
  let sent = 0
  for (const socket of sockets) {
    socket.pause()
    let bytes = 0
    const fill = (): void => {
      while (bytes < bytesEachMax && !socket.destroyed) {
        bytes += requests.length
        sent += 100
        if (!socket.write(requests)) return
      }
    }
    socket.on('drain', fill)
    fill()
  }
  await sleep(2 * FLOOD_MS, undefined, { signal })
  const left = sockets.filter(isOpen).length
  closeAll(sockets)
  return { tried: sockets.length, notes: [`${count(sent)} requests pipelined, ${left} sockets still open`], broken: [] }
}

/** One account's many connections, each with a request in flight all the time. */
export async function manyConnections({ apiPort, badToken, badClient, signal }: Stage): Promise<Played> {
  const { arn } = await badClient.room.create.mutate({ name: 'flood' }, { signal })
  const message = { roomIdentifier: arn, sender: { userId: 'flood' }, content: 'x'.repeat(100) }
  const request = post('/trpc/chat.sendMessage', badToken, JSON.stringify(message))
  const connections = 2_000
  const statuses = await hammer({ port: apiPort, connections, forMs: FLOOD_MS, request: () => request, signal })
  return { tried: connections, notes: [`the flood's own answers: ${told(statuses)}`], broken: [] }
}

/** Requests that arrive a byte a second: when are they given up? */
export async function slowRequests({ apiPort, badToken, signal }: Stage): Promise<Played> {
  const givenUpAfterMs = 40_000
  const each = 50
  const heads = await openMany(apiPort, each, signal)
  const bodies = await openMany(apiPort, each, signal)
  const headers = { authorization: `Bearer ${badToken}`, 'content-type': 'application/json', 'content-length': 1_000 }
  for (const socket of heads) socket.resume().write('GET /trpc/room.list HTTP/1.1\r\nhost: x\r\nx-slow: ')
  for (const socket of bodies) socket.resume().write(head('POST /trpc/chat.sendMessage', headers))
  const startedMs = performance.now()
  const sockets = [...heads, ...bodies]
  while (sockets.some(isOpen) && performance.now() - startedMs < givenUpAfterMs) {
    for (const socket of sockets) if (isOpen(socket)) socket.write('x')
    await sleep(1_000, undefined, { signal })
  }
  const tookMs = performance.now() - startedMs
  const [slowHeads, slowBodies] = [heads.filter(isOpen).length, bodies.filter(isOpen).length]
  closeAll(sockets)
  const broken =
    slowHeads + slowBodies === 0
      ? []
      : [
          `after ${givenUpAfterMs / 1_000} s ${slowHeads} slow heads and ${slowBodies} slow bodies were still waited for`,
        ]
  return {
    tried: sockets.length,
    notes: [`all given up after ${(tookMs / 1_000).toFixed(0)} s`].slice(broken.length),
    broken,
  }
}

/** More connections that do nothing than the api takes. */
export async function idleConnections({ apiPort, signal }: Stage): Promise<Played> {
  const sockets = await openMany(apiPort, 10_050, signal)
  for (const socket of sockets) socket.resume()
  await sleep(FLOOD_MS, undefined, { signal })
  const left = sockets.filter(isOpen).length
  closeAll(sockets)
  return { tried: sockets.length, notes: [`${count(left)} were open at the end`], broken: [] }
}

export function told(statuses: ReadonlyMap<number, number>): string {
  if (statuses.size === 0) return 'none'
  return [...statuses].map(([status, answers]) => `${status} ${count(answers)} times`).join(', ')
}

function framed(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}

/** The other side's end may not have been noticed by a socket that never reads; its writes then fail. */
function isOpen(socket: Socket): boolean {
  return !socket.destroyed && !socket.readableEnded
}
