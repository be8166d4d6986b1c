import type { DestinationKind } from '@roomlog/domain'
import type { DeliverySettings } from './deliver/delivery.ts'
import { deliverToDeliveryStream } from './deliver/delivery-stream.ts'
import { deliverToLogStreams } from './deliver/log-streams.ts'
import { deliverAsObjects } from './deliver/objects.ts'
import type { WriterEnv } from './env.ts'
import type { LanePolicy } from './lane/destination.ts'
import type { Waits } from './lane/trouble.ts'

const MIB = 1024 * 1024

/** The client's own timeout comes first: it knows what was called. */
const BEHIND_CLIENT_MS = 500

const WAITS: Waits = {
  retry: { firstMs: 100, maxMs: 10_000 },
  probe: { firstMs: 2_000, maxMs: 60_000 },
}

export type Policies = Readonly<Record<DestinationKind, LanePolicy>>

/** How each kind of destination is gathered for and sent to, from the deployment's configuration. */
export function policiesFor(env: WriterEnv): Policies {
  const requestMs = env.ROOMLOG_REQUEST_TIMEOUT_SECONDS * 1_000
  const delivery: DeliverySettings = {
    objectBytesMax: env.ROOMLOG_S3_OBJECT_MB * MIB,
    readBackAfterMs: requestMs + env.ROOMLOG_READ_BACK_SETTLE_SECONDS * 1_000,
    recoverAfterMs: env.ROOMLOG_READ_BACK_SETTLE_SECONDS * 1_000,
    readBackAgainAfterMs: 1_000,
    resendAfterMs: 200,
  }
  return {
    s3: {
      flushAfterMs: env.ROOMLOG_S3_FLUSH_SECONDS * 1_000,
      cycleBytesMax: 64 * MIB,
      cycleRecordsMax: 200_000,
      intents: false,
      patience: 6,
      // One write may put, prove and look: three requests.
      attemptTimeoutMs: 3 * env.ROOMLOG_S3_REQUEST_TIMEOUT_SECONDS * 1_000,
      waits: WAITS,
      delivery,
      deliver: deliverAsObjects,
    },
    cloudWatchLogs: {
      flushAfterMs: env.ROOMLOG_LINGER_MS,
      cycleBytesMax: 4 * MIB,
      cycleRecordsMax: 20_000,
      intents: true,
      patience: undefined,
      attemptTimeoutMs: requestMs + BEHIND_CLIENT_MS,
      waits: WAITS,
      delivery,
      deliver: deliverToLogStreams,
    },
    firehose: {
      flushAfterMs: env.ROOMLOG_LINGER_MS,
      // A killed writer's open cycle is sent again whole: small ones keep repeats few.
      cycleBytesMax: 2 * MIB,
      cycleRecordsMax: 4_000,
      intents: true,
      patience: undefined,
      attemptTimeoutMs: requestMs + BEHIND_CLIENT_MS,
      waits: WAITS,
      delivery,
      deliver: deliverToDeliveryStream,
    },
  }
}
