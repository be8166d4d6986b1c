import { setTimeout as sleep } from 'node:timers/promises'

const EVERY_MS = 50

/** Asks until the answer is yes. */
export async function until(
  what: string,
  withinMs: number,
  isSo: () => Promise<boolean>,
  everyMs = EVERY_MS,
): Promise<void> {
  const deadlineMs = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`${what}: not within ${Math.round(withinMs / 1000)} s`)
    await sleep(everyMs)
  }
}
