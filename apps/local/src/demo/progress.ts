const TERMINAL_EVERY_MS = 200
const LINES_EVERY_MS = 3_000

export type Progress = { set(text: string): void; end(): void }

/** One line that changes in place on a terminal, and a line now and then elsewhere. */
export function createProgress(out: NodeJS.WriteStream, clock: () => number): Progress {
  const everyMs = out.isTTY ? TERMINAL_EVERY_MS : LINES_EVERY_MS
  let lastMs = Number.NEGATIVE_INFINITY
  let shown = false
  return {
    set: (text) => {
      if (clock() - lastMs < everyMs) return
      lastMs = clock()
      shown = true
      out.write(out.isTTY ? `\r\x1b[K${text}` : `${text}\n`)
    },
    end: () => {
      if (shown && out.isTTY) out.write('\r\x1b[K')
      shown = false
      lastMs = Number.NEGATIVE_INFINITY
    },
  }
}
