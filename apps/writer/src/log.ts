/** What the pipeline needs of a logger (pino has it): an event with its facts, then a sentence. Never record content. */
export type Log = {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}
