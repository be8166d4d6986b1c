import type { DestinationKind } from '@roomlog/domain'
import type { WriterEnv } from '../../src/env.ts'
import { KINDS } from '../../src/kinds/registry.ts'
import type { LanePolicy } from '../../src/lane/destination.ts'

/** Short, and long enough that a healthy call on a busy machine is not taken for a lost one. */
export const QUICK_VARIABLES = {
  ROOMLOG_LEASE_SECONDS: '8',
  ROOMLOG_REQUEST_TIMEOUT_SECONDS: '1.5',
  ROOMLOG_S3_REQUEST_TIMEOUT_SECONDS: '2',
  ROOMLOG_READ_BACK_SETTLE_SECONDS: '0.2',
}

/** The production policies, with waits that a test can wait for. */
export function quickly(env: WriterEnv) {
  return { policyOf: (kind: DestinationKind) => quick(KINDS[kind].policy(env)), readBackEveryMs: 20 }
}

function quick(policy: LanePolicy): LanePolicy {
  return {
    ...policy,
    flushAfterMs: 50,
    waits: { retry: { firstMs: 20, maxMs: 200 }, probe: { firstMs: 50, maxMs: 200 } },
    delivery: { ...policy.delivery, readBackAfterMs: 300, readBackAgainAfterMs: 20 },
  }
}
