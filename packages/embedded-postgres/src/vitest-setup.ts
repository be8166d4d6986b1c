import { sharedServer, shareServer } from './env.ts'
import { startTestServer } from './test-postgres.ts'

/** Global set-up for vitest: one server for the whole run instead of one for each test file. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (sharedServer() !== undefined) return undefined
  const server = await startTestServer()
  shareServer(server.url)
  return () => server.stop()
}
