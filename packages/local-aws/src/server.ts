import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { type Admin, runAdmin } from './admin.ts'
import { AwsError } from './aws-error.ts'
import { type Call, header, readBody } from './call.ts'
import type { CallRecord, Calls } from './calls.ts'
import { discard, drain, gone, send } from './exchange.ts'
import { insteadOf } from './fault-effects.ts'
import type { Plan } from './faults.ts'
import { parseJson } from './json-input.ts'
import type { Reply } from './reply.ts'
import { type Asked, asked, checkProtocol, errorReply, runService, type Services, targetIn } from './services.ts'
import { accessKeyIdOf, type Credentials, carriesSecret, checkSignature } from './sigv4.ts'

export type ServerParts = {
  readonly services: Services
  readonly admin: Admin
  readonly calls: Calls
  plan(service: Asked['service'], operation: string, target: string): Plan
  readonly credentials: Credentials | undefined
  /** Whether a Host header names this server. */
  isOwnHost(header: string | undefined): boolean
  readonly now: () => number
  readonly randomUUID: () => string
  /** Told of errors that are the stand-in's own fault. */
  onError(error: unknown): void
}

/** The HTTP server; `settled` resolves when no call is at work, late ones included. */
export function createLocalServer(parts: ServerParts): { server: Server; settled(): Promise<void>; stop(): void } {
  const working = new Set<Promise<void>>()
  const stopping = new AbortController()
  const server = createServer((request, response) => {
    const work = serve(parts, request, response, stopping.signal).catch((error) => {
      if (!response.destroyed) parts.onError(error)
      response.destroy()
    })
    working.add(work)
    void work.finally(() => working.delete(work))
  })
  // Longer than any client keeps a connection, so that ours is never the side that closes under a request.
  server.keepAliveTimeout = 10 * 60 * 1000
  server.requestTimeout = 0
  return {
    server,
    settled: async () => {
      await Promise.all(working)
    },
    stop: () => stopping.abort(),
  }
}

const JSON_BYTES_MAX = 16 * 1024 * 1024
const LATE_BYTES_MAX = 256 * 1024 * 1024

async function serve(parts: ServerParts, request: IncomingMessage, response: ServerResponse, stopping: AbortSignal) {
  const call = callOf(request, parts.randomUUID())
  if (!parts.isOwnHost(request.headers.host)) {
    await drain(call)
    return void (await send(response, call, { status: 421, body: 'This is not the host that was asked for.\n' }))
  }
  if (call.path.startsWith('/_local/')) return void (await send(response, call, await answerAdmin(parts, call)))
  let wanted: Asked | undefined
  let record: CallRecord | undefined
  try {
    wanted = asked(call)
    const { service, operation } = wanted
    const known = parts.calls.begin(service, operation, wanted.target, accessKeyIdOf(call))
    record = known
    response.once('close', () =>
      parts.calls.end(known, response.writableFinished ? 'answered' : 'vanished', response.statusCode),
    )
    parts.calls.countBytes(service, 'in', Number(header(call, 'content-length') ?? 0))
    await handle(parts, wanted, record, call, response, stopping)
  } catch (error) {
    const refusal = error instanceof AwsError ? error : undefined
    if (response.destroyed) {
      // The client left in the middle of its request: nothing was done.
      if (refusal === undefined && !request.errored && !request.destroyed) parts.onError(error)
      return
    }
    if (refusal === undefined) parts.onError(error)
    if (record !== undefined) record.ranMs ??= parts.now()
    const told =
      refusal ??
      new AwsError(
        500,
        wanted?.service === 's3' ? 'InternalError' : 'InternalFailure',
        'We encountered an internal error.',
      )
    await drain(call)
    const bytesOut = await send(response, call, errorReply(told, wanted?.service, call))
    if (wanted !== undefined) parts.calls.countBytes(wanted.service, 'out', bytesOut)
  }
}

/** Whoever can inject faults can lose records: with keys, all but the health wants the secret. */
async function answerAdmin({ admin, credentials }: ServerParts, call: Call): Promise<Reply> {
  const isFree = credentials === undefined || call.path === '/_local/health' || carriesSecret(call, credentials)
  if (isFree) return runAdmin(admin, call)
  await drain(call)
  return { status: 403, body: 'The header must be "Authorization: Bearer <secret access key>".\n' }
}

async function handle(
  parts: ServerParts,
  wanted: Asked,
  record: CallRecord,
  call: Call,
  response: ServerResponse,
  stopping: AbortSignal,
) {
  const { service, operation } = wanted
  checkProtocol(call, service)
  const body = service === 's3' ? undefined : await readBody(call, JSON_BYTES_MAX)
  if (parts.credentials !== undefined) checkSignature(call, service, body, parts.credentials, parts.now())
  const input = body === undefined ? undefined : parseJson(inflated(call, body))
  if (body !== undefined) record.target = targetIn(service, input)

  const plan = parts.plan(service, operation, record.target)
  record.faults = plan.ids
  if (plan.latencyMs > 0) await sleep(plan.latencyMs, undefined, { signal: stopping })
  const run = async (from: Call) => {
    try {
      return await runService(parts.services, wanted, from, input, plan.bending)
    } finally {
      record.ranMs = parts.now()
    }
  }
  const instead = plan.instead === undefined ? undefined : insteadOf(plan.instead, service)
  switch (instead?.do) {
    case undefined: {
      const reply = await run(call)
      if (plan.answerLatencyMs > 0) await sleep(plan.answerLatencyMs, undefined, { signal: stopping })
      return answer(reply)
    }
    case 'refuse':
      throw instead.error
    case 'answer':
      await drain(call)
      return answer(instead.reply)
    case 'reset':
      return cut()
    case 'hang':
      await drain(call)
      await gone(response)
      return
    case 'lose-answer':
      await discard(await run(call).catch(() => undefined))
      return cut()
    case 'run-late': {
      const kept = body ?? (await readBody(call, LATE_BYTES_MAX))
      await gone(response)
      // A stand-in that is stopped meanwhile drops it, as if the network had.
      if (await sleep(instead.ms, true, { signal: stopping }).catch(() => false)) {
        await discard(await run({ ...call, body: bytesOf(kept) }).catch(() => undefined))
      }
    }
  }

  async function answer(reply: Reply) {
    parts.calls.countBytes(service, 'out', await send(response, call, reply))
  }

  function cut() {
    parts.calls.end(record, 'cut')
    // A reset, not an orderly end: the client must not take it for an empty answer.
    if (response.socket !== null) response.socket.resetAndDestroy()
  }
}

function callOf(request: IncomingMessage, requestId: string): Call {
  const url = request.url ?? '/'
  const question = url.indexOf('?')
  const rawQuery = question < 0 ? '' : url.slice(question + 1)
  return {
    requestId,
    method: request.method ?? 'GET',
    path: question < 0 ? url : url.slice(0, question),
    rawQuery,
    query: new URLSearchParams(rawQuery),
    headers: request.headers,
    // Reading that stops early must leave the connection whole: the refusal goes over it.
    body: { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) },
  }
}

function inflated(call: Call, body: Buffer): Buffer {
  if (header(call, 'content-encoding') !== 'gzip') return body
  return gunzipSync(body, { maxOutputLength: JSON_BYTES_MAX })
}

async function* bytesOf(bytes: Buffer) {
  if (bytes.length > 0) yield bytes
}
