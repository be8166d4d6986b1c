import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { AwsError } from './aws-error.ts'
import { createCalls } from './calls.ts'
import { isProduction } from './env.ts'
import { createFaults, type FaultControl } from './faults.ts'
import type { Deliver } from './firehose/delivery-stream.ts'
import { createStreams } from './firehose/streams.ts'
import { isOwnHost } from './hosts.ts'
import { createGroups } from './logs/groups.ts'
import { createPolicies } from './logs/policies.ts'
import { createMetricStore } from './metrics/metric-store.ts'
import { type Buckets, createBuckets } from './s3/buckets.ts'
import { PUT_BYTES_MAX } from './s3/limits.ts'
import { createObjectStore, type ObjectStore } from './s3/object-store.ts'
import { createLocalServer } from './server.ts'
import type { Credentials } from './sigv4.ts'
import { systemClock } from './system-clock.ts'

export type LocalAwsOptions = {
  /** Where everything is kept; made when it is not there. One stand-in at a time. */
  readonly dataDir: string
  /** 0, the default, takes a free one. */
  readonly port?: number
  /** A loopback address; default 127.0.0.1. */
  readonly host?: string
  /** With these every request must be signed by them; without an id, by any id that has the secret. Default: anybody may call. */
  readonly credentials?: Credentials
  readonly region?: string
  readonly accountId?: string
  /** Whether data is on disk, not only in the kernel, before a call is answered. Default true. */
  readonly fsync?: boolean
  readonly now?: () => number
  readonly random?: () => number
  /** Told of errors that are the stand-in's own fault. */
  readonly onError?: (error: unknown) => void
}

export type LocalAws = {
  readonly url: string
  readonly port: number
  readonly faults: FaultControl
  /** Delivers what Firehose has buffered, now. */
  flush(): Promise<void>
  /** Ends open calls, delivers what Firehose has buffered, writes the rest. */
  close(): Promise<void>
}

/**
 * Starts the stand-in for S3, CloudWatch Logs, Firehose and CloudWatch metrics.
 * @example
 * const aws = await startLocalAws({ dataDir: '.roomlog/aws' })
 * const s3 = new S3Client({ endpoint: aws.url, forcePathStyle: true, region: 'us-east-1', credentials })
 */
export async function startLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  const { dataDir, fsync = true, host = '127.0.0.1' } = options
  const { now = systemClock.now, random = systemClock.random } = options
  const { region = 'us-east-1', accountId = '123456789012' } = options
  if (isProduction()) throw new Error('The local stand-in for AWS must not run with NODE_ENV=production.')
  if (!isLoopback(host)) throw new Error(`The local stand-in for AWS listens on loopback only, not on ${host}.`)

  await mkdir(dataDir, { recursive: true })
  const at = { dataDir, fsync, now }
  const objects = await createObjectStore(at)
  const buckets = await createBuckets(at)
  const groups = await createGroups(at)
  const policies = await createPolicies(at)
  const deliver = deliverTo(buckets, objects, now)
  const streams = await createStreams({ ...at, randomUUID, deliver })
  const store = await createMetricStore(at)
  const faults = createFaults(random)
  const calls = createCalls(now)
  const arn = (service: string) => `arn:aws:${service}:${region}:${accountId}:`
  let port = options.port ?? 0
  const { server, settled, stop } = createLocalServer({
    services: {
      s3: { buckets, objects, now },
      logs: { groups, policies, now, arnPrefix: arn('logs') },
      firehose: { streams, randomUUID, arnPrefix: arn('firehose') },
      metrics: { store, now },
    },
    admin: { faults, calls, flush: () => streams.flush() },
    calls,
    plan: faults.plan,
    credentials: options.credentials,
    isOwnHost: (header) => isOwnHost(header, { host, port }),
    now,
    randomUUID,
    onError: options.onError ?? (() => undefined),
  })
  server.listen(port, host)
  await once(server, 'listening')
  port = addressOf(server.address()).port
  let closing: Promise<void> | undefined

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    faults,
    flush: () => streams.flush(),
    close: () => (closing ??= close()),
  }

  async function close() {
    const closed = once(server, 'close')
    server.close()
    stop()
    server.closeAllConnections()
    await closed
    await settled()
    await streams.close()
    await groups.close()
    await store.settled()
  }
}

function deliverTo(buckets: Buckets, objects: ObjectStore, now: () => number): Deliver {
  return async (config, key, plain) => {
    const bytes = config.compression === 'GZIP' ? gzipSync(plain) : plain
    const bucket = buckets.get(config.bucketArn.replace(/^arn:[^:]+:s3:::/, ''))
    const staged = await objects.stage(one(bytes), () => undefined, PUT_BYTES_MAX)
    const etag = staged.md5.toString('hex')
    const headers = { 'content-type': 'application/octet-stream' }
    const info = { key, size: staged.size, etag, lastModified: now(), headers, acl: 'private' }
    try {
      await objects.commit(bucket, info, staged, { ifNoneMatch: true })
    } catch (error) {
      await objects.discard(staged)
      // An earlier life got this far and died before it removed the spooled records.
      if (!(error instanceof AwsError && error.name === 'PreconditionFailed')) throw error
    }
  }
}

async function* one(bytes: Buffer) {
  yield bytes
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('The server has no port.')
  return address
}
