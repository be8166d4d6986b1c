import type { Partition, TimeHealing } from '../port.ts'
import { healingOf } from '../time/healing.ts'
import { type Clock, partitionIn, type State } from './state.ts'

/** Lets a partition's time fall to now, where a clock that had jumped left it ahead. */
export function healTime(
  state: State,
  clock: Clock,
  partition: Partition,
  { dryRun }: { readonly dryRun: boolean },
): TimeHealing {
  const at = partitionIn(state, partition)
  const nowMs = Math.floor(clock.nowMs())
  const healing = healingOf({ aheadMs: at.lastTimeMs - nowMs, sure: clock.sure(), dryRun })
  if (healing.status === 'healed') at.lastTimeMs = nowMs
  return healing
}
