export type CommitTurns = {
  /** Resolves when a commit may begin, whose `leave` must follow. */
  enter(): Promise<void>
  leave(): void
}

/**
 * Keeps commits from beginning while `atOnce` are under way, so that under load fewer and larger batches are committed: each
 * costs the same here and more in the database, whatever its size. Nobody waits longer than `waitMaxMs`, in turn: a slow
 * database, or partitions that hang, hold the others back no more than that.
 */
export function createCommitTurns({
  atOnce,
  waitMaxMs,
  sleep,
}: {
  readonly atOnce: number
  readonly waitMaxMs: number
  readonly sleep: (ms: number) => Promise<void>
}): CommitTurns {
  const waiting = new Set<() => void>()
  let underWay = 0
  return {
    enter() {
      if (underWay < atOnce) {
        underWay += 1
        return Promise.resolve()
      }
      return new Promise((resolve) => {
        const begin = () => {
          if (!waiting.delete(begin)) return
          underWay += 1
          resolve()
        }
        waiting.add(begin)
        void sleep(waitMaxMs).then(begin)
      })
    },
    leave() {
      underWay -= 1
      if (underWay >= atOnce) return
      for (const begin of waiting) return begin()
    },
  }
}
