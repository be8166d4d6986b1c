import { CLOCKS_AGREE_MS } from '@roomlog/domain'
import type { TimeHealing } from '../port.ts'

/** What asking for a partition's time to be healed comes to. Two apis' clocks may be a little apart: that is no damage. */
export function healingOf(found: {
  readonly aheadMs: number
  readonly sure: boolean
  readonly dryRun: boolean
}): TimeHealing {
  const aheadMs = Math.max(0, found.aheadMs)
  if (aheadMs <= CLOCKS_AGREE_MS) return { status: 'right', aheadMs }
  if (!found.sure) return { status: 'unsure', aheadMs }
  return { status: found.dryRun ? 'ahead' : 'healed', aheadMs }
}
