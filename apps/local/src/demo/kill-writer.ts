import { setTimeout as sleep } from 'node:timers/promises'
import type { System } from '../system.ts'

export type WriterKiller = {
  /** Rejects when a new writer does not come up. */
  readonly failed: Promise<never>
  /** No more kills; resolves with how many there were once the last new writer is up. */
  stop(): Promise<number>
}

/** Kills the writer every so often, and starts a new one each time. */
export function killWriterEvery(seconds: number, system: Pick<System, 'killWriter'>): WriterKiller {
  const controller = new AbortController()
  let kills = 0
  const loop = async (): Promise<void> => {
    while (!controller.signal.aborted) {
      const waited = await sleep(seconds * 1000, true, { signal: controller.signal }).catch(() => false)
      if (!waited) return
      await system.killWriter()
      kills += 1
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
