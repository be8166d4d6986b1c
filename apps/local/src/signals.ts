import { setMaxListeners } from 'node:events'

/** A second Ctrl-C counts only after this: npm and the terminal both hand down the first one. */
const SAME_SIGNAL_MS = 1_500

/**
 * Aborts at the first SIGINT, SIGTERM or SIGHUP, or when the process that started us is gone; a later one calls `force`.
 */
export function stopOnSignals(from: NodeJS.Process, clock: () => number, force: () => void): AbortSignal {
  const controller = new AbortController()
  // Every call in flight listens to it, and there are hundreds.
  setMaxListeners(0, controller.signal)
  let firstMs: number | undefined
  const onSignal = (): void => {
    if (firstMs === undefined) {
      firstMs = clock()
      controller.abort()
    } else if (clock() - firstMs > SAME_SIGNAL_MS) force()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) from.on(signal, onSignal)
  from.once('disconnect', () => controller.abort())
  from.channel?.unref()
  return controller.signal
}
