import { setTimeout as sleep } from 'node:timers/promises'
import type { RoomlogClient } from '@roomlog/client'
import type { System } from '../system.ts'

/** After so many lives in which a destination got nothing, the next one is let live until it has: else nothing would ever end. */
const IDLE_LIVES_MAX = 1
const POLL_EVERY_MS = 200

export type WriterKiller = {
  /** Rejects when a new writer does not come up. */
  readonly failed: Promise<never>
  /** No more kills; resolves with how many there were once the last new writer is up. */
  stop(): Promise<number>
}

/** Delivered records of each logging configuration that has more to deliver. */
export type Delivered = ReadonlyMap<string, { readonly delivered: number; readonly backlog: number }>

/** Kills the writer every so often, and starts a new one each time. */
export function killWriterEvery(
  seconds: number,
  system: Pick<System, 'killWriter'>,
  status: () => Promise<Delivered>,
): WriterKiller {
  const controller = new AbortController()
  const { signal } = controller
  let kills = 0
  const loop = async (): Promise<void> => {
    let idleLives = 0
    let before = await status()
    while (!signal.aborted) {
      if (!(await passed(seconds * 1000, signal))) return
      if (hasProgressed(before, await status())) idleLives = 0
      else idleLives += 1
      while (idleLives >= IDLE_LIVES_MAX) {
        if (!(await passed(POLL_EVERY_MS, signal))) return
        if (hasProgressed(before, await status())) idleLives = 0
      }
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
  return sleep(ms, true, { signal }).catch(() => false)
}
