import { setTimeout } from 'node:timers/promises'
import type { RoomlogClient } from '@roomlog/client'
import type { System } from '../system.ts'

export type WriterKiller = {
  /** Rejects when a new writer does not come up. */
  readonly failed: Promise<never>
  /** No more kills; resolves with how many there were once the last new writer is up. */
  stop(): Promise<number>
}

/** Delivered records of each logging configuration that has more to deliver. */
export type Delivered = ReadonlyMap<string, { readonly delivered: number; readonly backlog: number }>

/**
 * Kills the writer every so often, and starts a new one each time. One that some destination got nothing from yet is let
 * live as long again, or nothing would ever end; and not only until the first of its lanes gets through, or each life
 * would be good for one lane.
 */
export function killWriterEvery(
  seconds: number,
  system: Pick<System, 'killWriter'>,
  status: () => Promise<Delivered>,
  sleep: Sleep = passed,
): WriterKiller {
  const controller = new AbortController()
  const { signal } = controller
  let kills = 0
  const loop = async (): Promise<void> => {
    let before = await status()
    while (await sleep(seconds * 1000, signal)) {
      if (!hasProgressed(before, await status())) continue
      await system.killWriter()
      kills += 1
      before = await status()
    }
  }
  const running = loop()
  const failed = new Promise<never>((_, reject) => {
    running.catch(reject)
  })
  failed.catch(() => undefined)
  return {
    failed,
    stop: async () => {
      controller.abort()
      await running
      return kills
    },
  }
}

/** False when it was cut short. */
type Sleep = (ms: number, signal: AbortSignal) => Promise<boolean>

/** Whether each destination that had something to deliver has delivered some of it. */
export function hasProgressed(before: Delivered, now: Delivered): boolean {
  for (const [arn, { delivered, backlog }] of now) {
    const then = before.get(arn)
    if (then !== undefined && then.backlog > 0 && backlog > 0 && delivered <= then.delivered) return false
  }
  return true
}

/** What `hasProgressed` compares. */
export async function deliveredSoFar(client: RoomlogClient, signal: AbortSignal): Promise<Delivered> {
  const { loggingConfigurations } = await client.delivery.status.query({}, { signal })
  return new Map(
    loggingConfigurations.map(({ loggingConfigurationArn, counters, backlogRecords }) => [
      loggingConfigurationArn,
      { delivered: counters.delivered, backlog: backlogRecords },
    ]),
  )
}

async function passed(ms: number, signal: AbortSignal): Promise<boolean> {
  return setTimeout(ms, true, { signal }).catch(() => false)
}
