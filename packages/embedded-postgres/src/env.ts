const SHARED_SERVER = 'ROOMLOG_TEST_POSTGRES_URL'

/** A running server that the tests share: put there by the vitest set-up, or by hand to test on another Postgres. */
export function sharedServer(): string | undefined {
  return process.env[SHARED_SERVER] || undefined
}

/** For this process and those that it starts. */
export function shareServer(url: string): void {
  process.env[SHARED_SERVER] = url
}
