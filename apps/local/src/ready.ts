import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, describeExit } from './child.ts'
import { Failure, reasonOf } from './failure.ts'

const READY_WITHIN_MS = 60_000
const PROBE_EVERY_MS = 50
const PROBE_TIMEOUT_MS = 5_000

/** Resolves when `url` answers 2xx; fails when the child ends first, or takes longer than a minute. */
export async function untilReady(child: Child, url: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS
  const watch = { ended: false }
  const ended = child.exited.then((exit) => {
    watch.ended = true
    return exit
  })
  let last = 'no answer'
  while (!watch.ended) {
    signal.throwIfAborted()
    last = await probe(url, signal)
    if (last === 'ready') return
    if (Date.now() > deadline) {
      throw new Failure(
        `The ${child.name} was not ready within ${READY_WITHIN_MS / 1000} s (${last}).${lastWords(child)}`,
      )
    }
    await Promise.race([sleep(PROBE_EVERY_MS), ended])
  }
  throw new Failure(`The ${child.name} ended while it started (${describeExit(await ended)}).${lastWords(child)}`)
}

/** The last lines of a child, as the end of a message. */
export function lastWords(child: Child): string {
  const lines = child.lastLines()
  return lines.length === 0 ? ' It wrote nothing.' : ` Its last lines:\n${lines.map((line) => `  ${line}`).join('\n')}`
}

async function probe(url: string, signal: AbortSignal): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]) })
    const text = await answer.text()
    return answer.ok ? 'ready' : `HTTP ${answer.status} ${text.slice(0, 300)}`
  } catch (error) {
    return reasonOf(error)
  }
}
