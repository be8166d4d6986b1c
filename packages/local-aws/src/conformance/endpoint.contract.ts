import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { conformanceEnv } from './env.ts'

/**
 * Where the conformance suite runs: at AWS_ENDPOINT_URL when it is set, at AWS itself when CONFORMANCE_ON_AWS=yes
 * (both with the SDK's standard variables for the rest), else at a stand-in of its own. The suite makes buckets,
 * groups and streams with random names and removes them.
 */
export function conformanceEndpoint(): { clientOptions(): ClientOptions } {
  let options: ClientOptions = { maxAttempts: 1 }
  let close = async () => {}

  beforeAll(async () => {
    if (conformanceEnv.onAws) {
      options = { maxAttempts: 3 }
      return
    }
    const { endpointUrl: given, region, hasCredentials } = conformanceEnv
    const credentials = { accessKeyId: 'conformance', secretAccessKey: 'conformance' }
    if (given !== undefined) {
      const own = hasCredentials ? {} : { credentials }
      options = { endpoint: given, forcePathStyle: true, region, maxAttempts: 1, ...own }
      return
    }
    const { startLocalAws } = await import('../start.ts')
    const dataDir = await mkdtemp(join(tmpdir(), 'conformance-'))
    const local = await startLocalAws({ dataDir, fsync: false })
    close = async () => {
      await local.close()
      await rm(dataDir, { recursive: true })
    }
    options = { endpoint: local.url, forcePathStyle: true, region, maxAttempts: 1, credentials }
  })
  afterAll(() => close())

  return { clientOptions: () => options }
}

export type ClientOptions = {
  readonly endpoint?: string
  readonly forcePathStyle?: boolean
  readonly region?: string
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly maxAttempts: number
}

/** A name that no other run uses. */
export function uniqueName(what: string): string {
  return `conformance-${what}-${randomBytes(6).toString('hex')}`
}

/** The error of a call that must be refused. */
export async function refusal(call: Promise<unknown>): Promise<{ name: string; status: number | undefined }> {
  try {
    await call
  } catch (error) {
    return { name: error instanceof Error ? error.name : String(error), status: statusOf(error) }
  }
  throw new Error('The call was not refused.')
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined
  const metadata = error.$metadata
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined
}
