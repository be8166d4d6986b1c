import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { z } from 'zod'
import type { Neighbour } from './judge.ts'

const Answers = z
  .object({ asked: z.number(), answered: z.number(), p99Ms: z.number().optional(), longestMs: z.number().optional() })
  .transform(({ asked, answered, p99Ms, longestMs }) => ({ asked, answered, p99Ms, longestMs }))
const Tally = z.object({ sends: Answers, health: Answers })

/** An account that behaves well, until it is asked what it saw. */
export async function startNeighbour(options: {
  readonly url: string
  readonly token: string
  readonly roomArn: string
}): Promise<{ end(): Promise<Neighbour> }> {
  const worker = new Worker(new URL('./neighbour-main.js', import.meta.url), { workerData: options })
  await once(worker, 'online')
  return {
    end: async () => {
      const told = once(worker, 'message')
      worker.postMessage('end')
      const [tally] = await told
      await worker.terminate()
      return Tally.parse(tally)
    },
  }
}
