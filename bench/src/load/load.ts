import { setTimeout as sleep } from 'node:timers/promises'
import { IdSum } from '../generator/id-sum.ts'
import { percentile } from '../measure/statistics.ts'
import { type Connection, openConnection } from './connection.ts'
import type { LoadPlan, LoadReport } from './plan.ts'
import { buildRequests } from './requests.ts'

/** Distinct messages; after them it begins again, with other Ids from the api. */
const DISTINCT_MESSAGES = 50_000
const ID = Buffer.from('"id":"')
const TICK_MS = 2

/** Sends what the plan says and counts what was acknowledged. */
export async function load(plan: LoadPlan): Promise<LoadReport> {
  const { hostname, port, host } = new URL(plan.url)
  const count = Math.min(plan.calls, Math.ceil(DISTINCT_MESSAGES / plan.perCall))
  const requests = buildRequests({ ...plan, count, host })
  const ids = new IdSum()
  const latenciesMs: number[] = []
  let refused = 0
  let sent = 0
  const startedAtMs = performance.now()

  async function work(connection: Connection): Promise<void> {
    while (sent < plan.calls) {
      const mine = sent++
      await turn(mine)
      const request = requests[mine % requests.length]
      if (!request) throw new Error('there are no requests')
      const atMs = performance.now()
      const { status, body } = await connection.send(request)
      latenciesMs.push(performance.now() - atMs)
      if (status !== 200) throw new Error(`answered ${status}: ${body.toString().slice(0, 500)}`)
      const before = ids.count
      for (let at = body.indexOf(ID); at !== -1; at = body.indexOf(ID, at)) {
        at += ID.length
        ids.add(body, at)
      }
      refused += plan.perCall - (ids.count - before)
    }
  }

  async function turn(mine: number): Promise<void> {
    if (plan.callsPerSecond === undefined) return
    const dueAtMs = startedAtMs + (mine / plan.callsPerSecond) * 1_000
    while (performance.now() < dueAtMs) await sleep(Math.max(TICK_MS, dueAtMs - performance.now()))
  }

  const connections = Array.from({ length: plan.connections }, () => openConnection(hostname, Number(port)))
  try {
    await Promise.all(connections.map(work))
  } finally {
    for (const connection of connections) connection.close()
  }
  return {
    acknowledged: ids.count,
    refused,
    digest: ids.digest,
    seconds: (performance.now() - startedAtMs) / 1_000,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
  }
}
