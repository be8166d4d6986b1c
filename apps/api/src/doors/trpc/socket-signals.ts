import type { EventEmitter } from 'node:events'

export type SocketSignals = {
  /** Aborted once the connection is closed, when nobody waits for an answer any more. */
  of(socket: EventEmitter): AbortSignal
}

/** One signal for all calls of a connection: one for each call costs more than the rest of looking after it. */
export function createSocketSignals(): SocketSignals {
  const signals = new WeakMap<EventEmitter, AbortSignal>()
  return {
    of(socket) {
      const known = signals.get(socket)
      if (known !== undefined) return known
      const closed = new AbortController()
      socket.once('close', () => closed.abort())
      signals.set(socket, closed.signal)
      return closed.signal
    },
  }
}
