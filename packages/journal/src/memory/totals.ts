import type { DestinationVersionId } from '@roomlog/domain'
import type { DeliveryTotals, LaneTrouble } from '../port.ts'
import { sum } from './settle.ts'
import type { State } from './state.ts'

export function troubles(state: State, versions: readonly DestinationVersionId[]): readonly LaneTrouble[] {
  return state.partitions.flatMap(({ lanes }) =>
    [...lanes.values()]
      .sort((a, b) => a.destinationVersionId - b.destinationVersionId)
      .flatMap(({ destinationVersionId, state, lastError, nextProbeAtMs }) =>
        state !== 'flowing' && versions.includes(destinationVersionId)
          ? [{ destinationVersionId, state, lastError, nextProbeAtMs }]
          : [],
      ),
  )
}

export function totals(state: State, versions: readonly DestinationVersionId[]): readonly DeliveryTotals[] {
  return [...versions]
    .sort((a, b) => a - b)
    .flatMap((id) => {
      const [first, ...others] = state.partitions.flatMap((at) => at.totals.get(id) ?? [])
      if (first === undefined) return []
      const { partition: _, ...counters } = first
      return [others.reduce<DeliveryTotals>(sum, counters)]
    })
}
