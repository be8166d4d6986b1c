import { z } from 'zod'
import { type Call, readBody } from './call.ts'
import { type Calls, isService } from './calls.ts'
import { Fault, type FaultControl } from './faults.ts'
import type { Reply } from './reply.ts'

export type Admin = {
  readonly faults: FaultControl
  readonly calls: Calls
  /** Delivers what Firehose has buffered. */
  flush(): Promise<void>
}

/** The stand-in's own endpoints, under `/_local/`. */
export async function runAdmin(admin: Admin, call: Call): Promise<Reply> {
  switch (`${call.method} ${call.path}`) {
    case 'GET /_local/health':
      return answer({ status: 'ok' })
    case 'GET /_local/stats':
      return answer(admin.calls.stats())
    case 'GET /_local/calls':
      return listCalls(admin, call)
    case 'GET /_local/faults':
      return answer({ faults: admin.faults.list() })
    case 'POST /_local/faults':
      return addFaults(admin, call)
    case 'DELETE /_local/faults': {
      const id = call.query.get('id')
      if (id === null) admin.faults.clear()
      else if (!admin.faults.remove(id)) return answer({ message: `There is no fault ${id}.` }, 404)
      return { status: 204 }
    }
    case 'POST /_local/firehose/flush':
      await admin.flush()
      return { status: 204 }
    default:
      return answer({ message: `There is no ${call.method} ${call.path}.` }, 404)
  }
}

async function addFaults(admin: Admin, call: Call): Promise<Reply> {
  const text = (await readBody(call, 1024 * 1024)).toString('utf8')
  const faults = OneOrMore.safeParse(parsed(text))
  if (!faults.success) return answer({ message: z.prettifyError(faults.error) }, 400)
  return answer({ ids: faults.data.map((fault) => admin.faults.add(fault)) }, 201)
}

const OneOrMore = z.union([Fault.transform((fault) => [fault]), z.array(Fault)])

function listCalls(admin: Admin, call: Call): Reply {
  const service = call.query.get('service') ?? undefined
  const accessKeyId = call.query.get('accessKeyId') ?? undefined
  const fault = call.query.get('fault') ?? undefined
  const outcome = Outcome.optional().safeParse(call.query.get('outcome') ?? undefined)
  const after = z.coerce.number().safeParse(call.query.get('after') ?? 0)
  if ((service !== undefined && !isService(service)) || !outcome.success || !after.success) {
    return answer({ message: 'service, outcome or after is not right.' }, 400)
  }
  return answer({ calls: admin.calls.list({ service, outcome: outcome.data, after: after.data, accessKeyId, fault }) })
}

const Outcome = z.enum(['open', 'answered', 'vanished', 'cut'])

function answer(value: unknown, status = 200): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(value)}\n` }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
