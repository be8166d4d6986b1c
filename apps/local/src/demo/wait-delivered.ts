import { setTimeout as sleep } from 'node:timers/promises'
import type { RoomlogClient } from '@roomlog/client'
import { Failure } from '../failure.ts'

const POLL_EVERY_MS = 250
const NO_PROGRESS_MAX_MS = 180_000

/** Resolves when nothing waits to be delivered any more; fails when it stops getting less. */
export async function waitDelivered(options: {
  readonly client: RoomlogClient
  readonly clock: () => number
  readonly onBacklog: (records: number) => void
  readonly signal: AbortSignal
}): Promise<void> {
  const { client, clock, onBacklog, signal } = options
  let least = Number.POSITIVE_INFINITY
  let leastAtMs = clock()
  for (;;) {
    const { loggingConfigurations } = await client.delivery.status.query({}, { signal })
    const backlog = loggingConfigurations.reduce((sum, { backlogRecords }) => sum + backlogRecords, 0)
    onBacklog(backlog)
    if (backlog === 0) return
    if (backlog < least) {
      least = backlog
      leastAtMs = clock()
    }
    if (clock() - leastAtMs > NO_PROGRESS_MAX_MS) {
      const errors = loggingConfigurations
        .filter(({ backlogRecords }) => backlogRecords > 0)
        .map(({ destinationConfiguration, state, backlogRecords, lastError }) => {
          return `  ${JSON.stringify(destinationConfiguration)}: ${state}, ${backlogRecords} records, ${lastError ?? 'no error'}`
        })
      throw new Failure(`Delivery has made no progress for ${NO_PROGRESS_MAX_MS / 1000} s:\n${errors.join('\n')}`)
    }
    await sleep(POLL_EVERY_MS, undefined, { signal })
  }
}
