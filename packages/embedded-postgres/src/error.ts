export type EmbeddedPostgresErrorCode =
  | 'unsupported-platform'
  | 'needs-another-user'
  | 'folder-unusable'
  | 'other-version'
  | 'wrong-password'
  | 'port-taken'
  | 'already-running'
  | 'failed'

/** Postgres could not be started; the message says the way out. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError'
  readonly code: EmbeddedPostgresErrorCode

  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
