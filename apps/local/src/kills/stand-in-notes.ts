import { z } from 'zod'
import type { StandInKey } from '../credentials.ts'
import { SERVICES, type Service } from './rounds.ts'

const Calls = z.object({
  calls: z.array(
    z.object({
      service: z.string(),
      operation: z.string(),
      accessKeyId: z.string().optional(),
      ranMs: z.number().optional(),
    }),
  ),
})
const Added = z.object({ ids: z.array(z.string()) })

/** The calls that deliver; a read may be open as well, and says nothing. */
export const DELIVERING: { readonly [service in Service]: string } = {
  s3: 'PutObject',
  logs: 'PutLogEvents',
  firehose: 'PutRecordBatch',
}

export type OpenCall = {
  readonly service: Service
  readonly accessKeyId: string | undefined
  /** Whether it had its effect. */
  readonly ran: boolean
}

export type StandInNotes = ReturnType<typeof createStandInNotes>

/** What the stand-in knows of its calls, and the faults it is asked for. */
export function createStandInNotes(url: string, { secretAccessKey }: StandInKey, signal: AbortSignal) {
  const headers = { authorization: `Bearer ${secretAccessKey}` }
  const ask = async (path: string, init?: RequestInit): Promise<unknown> => {
    const answer = await fetch(`${url}/_local/${path}`, { ...init, headers, signal })
    if (!answer.ok) throw new Error(`the stand-in answered ${answer.status} to ${path}`)
    const text = await answer.text()
    return text === '' ? undefined : JSON.parse(text)
  }
  const list = async (query: string): Promise<readonly OpenCall[]> => {
    const { calls } = Calls.parse(await ask(`calls?${query}`))
    return calls.flatMap(({ service, operation, accessKeyId, ranMs }) => {
      const known = SERVICES.find((one) => one === service && DELIVERING[one] === operation)
      return known === undefined ? [] : [{ service: known, accessKeyId, ran: ranMs !== undefined }]
    })
  }
  const add = async (fault: Readonly<Record<string, unknown>>): Promise<string> => {
    const { ids } = Added.parse(await ask('faults', { method: 'POST', body: JSON.stringify(fault) }))
    return ids[0] ?? ''
  }
  return {
    /** Asks for a fault; returns its id. */
    add,
    /** Delays the next delivering call of that service, before or after its effect; returns the fault's id. */
    delayOne: (service: Service, point: 'before' | 'after', ms: number): Promise<string> => {
      const effect = point === 'before' ? 'latency' : 'slowAnswer'
      return add({ effect, ms, service, operation: DELIVERING[service], count: 1 })
    },
    /** Each delivering call takes that much longer. */
    delayAll: async (ms: number): Promise<void> => {
      const faults = SERVICES.map((service) => ({ effect: 'latency', ms, service, operation: DELIVERING[service] }))
      await ask('faults', { method: 'POST', body: JSON.stringify(faults) })
    },
    remove: async (id: string): Promise<void> => {
      // A stand-in that was killed meanwhile has forgotten it.
      await fetch(`${url}/_local/faults?id=${encodeURIComponent(id)}`, { method: 'DELETE', headers, signal })
    },
    clear: async (): Promise<void> => {
      await ask('faults', { method: 'DELETE' })
    },
    /** Open delivering calls that this fault struck. */
    struck: (fault: string) => list(`outcome=open&fault=${encodeURIComponent(fault)}`),
    /** Open calls of that caller. */
    open: (accessKeyId: string) => list(`outcome=open&accessKeyId=${encodeURIComponent(accessKeyId)}`),
    /** Calls of that caller that were open when it went away. */
    vanished: (accessKeyId: string) => list(`outcome=vanished&accessKeyId=${encodeURIComponent(accessKeyId)}`),
    /** Delivers what Firehose has buffered. */
    flush: async (): Promise<void> => {
      await ask('firehose/flush', { method: 'POST' })
    },
  }
}
