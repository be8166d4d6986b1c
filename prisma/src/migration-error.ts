export type MigrationErrorCode =
  | 'foreign-schema'
  | 'foreign-history'
  | 'edited'
  | 'failed-before'
  | 'failed'
  | 'busy'
  | 'not-allowed'
  | 'pending'
  | 'unreachable'
  | 'pooler'
  | 'encoding'

/** The database was left as it was; the message says the way out. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
  readonly code: MigrationErrorCode

  constructor(code: MigrationErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
