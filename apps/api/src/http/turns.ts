export type Turns = {
  /** Starts a request of that account now, or in a later turn of the event loop where enough of its others start in this one. */
  take(accountId: string | undefined, start: () => void): void
}

/** Accounts that are remembered between turns. */
const LINES_MAX = 1_000

type Line = { started: number; readonly waiting: (() => void)[] }

/**
 * Shares out the CPU: in one turn of the event loop an account starts `many` requests, be it only to be refused, and the
 * rest stand in a line of their own. Without it the loop works off a whole flood between two steps of anybody else's
 * request, and each of these has several. Where more than `many` wait it is a flood, and `few` start in a turn: libuv takes
 * one new connection in each, so turns must be short for others to get in. Strangers share one line. What waits is bounded
 * by the connections.
 */
export function createTurns({ many, few }: { readonly many: number; readonly few: number }): Turns {
  const lines = new Map<string | undefined, Line>()
  let scheduled = false

  // A turn costs something itself: it is only asked for once somebody has started `many`, and not for each request.
  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(nextTurn)
  }

  function nextTurn(): void {
    scheduled = false
    for (const [accountId, line] of lines) {
      const due = line.waiting.splice(0, line.waiting.length > many ? few : many)
      line.started = due.length
      if (due.length === 0) lines.delete(accountId)
      if (line.waiting.length > 0 || due.length >= many) schedule()
      for (const start of due) start()
    }
  }

  return {
    take(accountId, start) {
      let line = lines.get(accountId)
      if (line === undefined) {
        line = { started: 0, waiting: [] }
        lines.set(accountId, line)
      }
      if (line.started >= many || line.waiting.length > 0) {
        line.waiting.push(start)
        return
      }
      line.started += 1
      if (line.started >= many || lines.size > LINES_MAX) schedule()
      start()
    },
  }
}
