import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { DestinationVersion } from '@roomlog/domain'
import type { Sink } from '@roomlog/sinks'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { WriterEnv } from '../env.ts'
import type { DeliverySettings } from '../lane/delivery.ts'
import type { LanePolicy } from '../lane/destination.ts'
import type { Waits } from '../lane/trouble.ts'

/** All that the writer knows of one kind of destination. How to add one: docs/destinations.md. */
export type Kind = {
  /** How records are gathered for a destination and sent to it. */
  policy(env: WriterEnv): LanePolicy
  /** What makes the sinks of this process, with what all of this kind share. */
  sinks(env: WriterEnv, shared: Shared): OpenSink
}

/** With a client of its own, so that a destination that hangs takes no connection from another. */
export type OpenSink = (destination: DestinationVersion) => { readonly sink: Sink; readonly destroy: () => void }

export type Shared = {
  /** Takes a turn in the account's rate of reads of logs. */
  readonly readBackTurn: (signal?: AbortSignal) => Promise<void>
}

export const MIB = 1024 * 1024

/** Calls at once to one destination. */
export const CALLS_MAX = 16

/** The client's own timeout comes first: it knows what was called. */
export const BEHIND_CLIENT_MS = 500

export const WAITS: Waits = {
  retry: { firstMs: 100, maxMs: 10_000 },
  probe: { firstMs: 2_000, maxMs: 60_000 },
}

export function requestMsOf(env: WriterEnv): number {
  return env.ROOMLOG_REQUEST_TIMEOUT_SECONDS * 1_000
}

export function deliverySettings(env: WriterEnv): DeliverySettings {
  return {
    objectBytesMax: env.ROOMLOG_S3_OBJECT_MB * MIB,
    readBackAfterMs: requestMsOf(env) + env.ROOMLOG_READ_BACK_SETTLE_SECONDS * 1_000,
    recoverAfterMs: env.ROOMLOG_READ_BACK_SETTLE_SECONDS * 1_000,
    readBackAgainAfterMs: 1_000,
    resendAfterMs: 200,
  }
}

const CONNECT_TIMEOUT_MS = 3_000

/** An SDK client that never retries by itself. Credentials and endpoints come from the SDK's standard variables and files. */
export function clientConfig(env: WriterEnv, requestTimeout = requestMsOf(env)) {
  // Beside the calls that deliver there may be as many that read back.
  const agent = { keepAlive: true, maxSockets: 2 * CALLS_MAX }
  const requestHandler = new NodeHttpHandler({
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout,
    throwOnRequestTimeout: true,
    httpAgent: new HttpAgent(agent),
    httpsAgent: new HttpsAgent(agent),
  })
  return { region: env.AWS_REGION, maxAttempts: 1, requestHandler }
}
