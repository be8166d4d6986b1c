/** How a lane is told to end: first no new attempts, then nothing at all. */
export type Life = {
  /** Finish what is in flight, start nothing. */
  readonly stopping: AbortSignal
  /** Drop what is in flight. */
  readonly killed: AbortSignal
}
