import { Agent, request } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'
import { z } from 'zod'
import { percentile } from '../demo/compare.ts'
import type { Answers } from './judge.ts'

// A thread of its own: what it measures must not wait for the one that floods.
const { url, token, roomArn } = z.object({ url: z.string(), token: z.string(), roomArn: z.string() }).parse(workerData)

const SEND_EVERY_MS = 50
const HEALTH_EVERY_MS = 200
const ANSWER_WITHIN_MS = 5_000
const CONNECTIONS_MAX = 50

type Tally = { asked: number; readonly tookMs: number[] }

const kept = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX })
const sends: Tally = { asked: 0, tookMs: [] }
const health: Tally = { asked: 0, tookMs: [] }
const open = new Set<Promise<void>>()

const message = JSON.stringify({ roomIdentifier: roomArn, sender: { userId: 'neighbour' }, content: 'Good morning.' })
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
const timers = [
  setInterval(() => ask(sends, '/trpc/chat.sendMessage', kept, message), SEND_EVERY_MS),
  setInterval(() => ask(health, '/healthz', false, undefined), HEALTH_EVERY_MS),
]

parentPort?.once('message', async () => {
  for (const timer of timers) clearInterval(timer)
  await Promise.all(open)
  kept.destroy()
  parentPort?.postMessage({ sends: answersOf(sends), health: answersOf(health) })
})

function ask(tally: Tally, path: string, agent: Agent | false, body: string | undefined): void {
  tally.asked += 1
  const startedMs = performance.now()
  const asking: Promise<void> = new Promise<void>((resolve) => {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
    const call = request(`${url}${path}`, { agent, signal, method: body === undefined ? 'GET' : 'POST', headers })
    call.once('response', (answer) => {
      answer.resume()
      answer.once('end', () => {
        if (answer.statusCode === 200) tally.tookMs.push(performance.now() - startedMs)
      })
      answer.once('close', resolve)
    })
    call.once('error', () => resolve())
    call.end(body)
  }).finally(() => open.delete(asking))
  open.add(asking)
}

function answersOf({ asked, tookMs }: Tally): Answers {
  return { asked, answered: tookMs.length, p99Ms: percentile(tookMs, 0.99), longestMs: percentile(tookMs, 1) }
}
