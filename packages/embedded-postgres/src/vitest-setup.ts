import { SHARED_SERVER_VARIABLE, startTestServer } from './test-postgres.ts'

/** Global set-up for vitest: one server for the whole run instead of one for each test file. */
export default async function setup(): Promise<void> {
  process.env[SHARED_SERVER_VARIABLE] ||= await startTestServer()
}
