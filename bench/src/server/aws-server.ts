import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { startProcess } from '../measure/process.ts'
import type { Kind } from './ledger.ts'

const Counts = z.object({ requests: z.record(z.string(), z.number()), bytes: z.number() })
const Checked = z.object({
  records: z.number(),
  digest: z.string(),
  billedBytes: z.number(),
  sample: z.object({ bytes: z.number(), level6Bytes: z.number() }),
  delaysMs: z.array(z.number()),
})
const byKind = <T extends z.ZodType>(each: T) => z.object({ s3: each, cloudWatchLogs: each, firehose: each })
const Ready = z.object({ port: z.number() })
const AllCounts = byKind(Counts)
const AllChecked = byKind(Checked)

export type AwsServer = {
  readonly url: string
  readonly pid: number
  /** Forgets everything; from then on, `hang` kinds give no answer, and delays are kept of records that are no older. */
  reset(options?: { readonly delaysSinceMs?: number; readonly hang?: readonly Kind[] }): Promise<void>
  counts(): Promise<z.infer<typeof AllCounts>>
  /** Looks into what came, which takes its time. */
  check(): Promise<z.infer<typeof AllChecked>>
  stop(): Promise<void>
}

/** The discarding server, in a process of its own. */
export async function startAwsServer(port = 0): Promise<AwsServer> {
  const child = startProcess({
    name: 'server',
    entry: fileURLToPath(new URL('./server-main.js', import.meta.url)),
    args: [String(port)],
    env: {},
    pipeInput: true,
  })
  const ready = await child.line((line) => Ready.safeParse(line).data)
  const url = `http://127.0.0.1:${ready.port}`
  const ask = async (path: string): Promise<unknown> => (await fetch(`${url}/_bench/${path}`)).json()
  return {
    url,
    pid: child.pid,
    async reset({ delaysSinceMs, hang = [] } = {}) {
      const query = new URLSearchParams(delaysSinceMs === undefined ? {} : { delaysSinceMs: String(delaysSinceMs) })
      for (const kind of hang) query.append('hang', kind)
      await ask(`reset?${query}`)
    },
    counts: async () => AllCounts.parse(await ask('counts')),
    check: async () => AllChecked.parse(await ask('check')),
    stop: () => child.stop(),
  }
}
