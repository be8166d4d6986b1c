import { setTimeout as sleep } from 'node:timers/promises'
import { isDrained, isTaken } from '@roomlog/journal/testing'
import { type App, startWriter } from '../measure/apps.ts'
import type { Database } from '../measure/database.ts'
import { cpuSecondsOf, peakMemoryMb, residentMb, treeCpuSeconds } from '../measure/proc.ts'
import { until } from '../measure/wait.ts'
import type { Kind } from '../server/ledger.ts'
import { type Bench, PATIENCE_MS } from './bench.ts'
import { holdPartitions } from './hold.ts'

/** What was put into the journal. */
export type Filled = { readonly records: number; readonly bytes: number; readonly digest: string }

export type Drain = {
  /** Of the writer, from its first partition to the last record settled. */
  readonly cpuSeconds: number
  /** Of the writer, until it was ready. */
  readonly startCpuSeconds: number
  readonly postgresCpuSeconds: number
  readonly serverCpuSeconds: number
  readonly seconds: number
  readonly rssMb: number
  /** Resident in the two halves of the time. */
  readonly rssHalvesMb: readonly [number, number]
  readonly requests: Readonly<Record<string, number>>
  readonly bytes: number
  readonly firehoseBilledBytes: number
  /** S3's compressed bytes over those of gzip level 6. */
  readonly sizeOfLevel6: number | undefined
}

const SETTLE_DOWN_MS = 500

/** Starts a writer on a full journal and measures it until the journal is drained; then looks whether all of it came. */
export async function drain(
  bench: Bench,
  database: Database,
  { kinds, filled, profile }: { readonly kinds: readonly Kind[]; readonly filled: Filled; readonly profile: string },
): Promise<Drain> {
  const { server, postgres } = bench
  await server.reset()
  const hold = await holdPartitions(database.journal)
  const writer = await startWriter({
    databaseUrl: database.url,
    endpoint: bench.endpoint ?? server.url,
    settings: bench.settings,
    profile: bench.profile && `${bench.profile}/${profile}`,
  })
  try {
    await sleep(SETTLE_DOWN_MS)
    const before = cpuOf(writer, bench)
    await hold.release()
    await until('the writer takes partitions', PATIENCE_MS, () => isTaken(database.pool, 'bench'), 5)
    const startedAtMs = performance.now()
    const samples: number[] = []
    await until('the journal is drained', PATIENCE_MS, async () => {
      samples.push(residentMb(writer.pid))
      return isDrained(database.pool)
    })
    const seconds = (performance.now() - startedAtMs) / 1_000
    const after = cpuOf(writer, bench)
    const half = samples.length >> 1
    const measured = {
      cpuSeconds: after.writer - before.writer,
      startCpuSeconds: before.writer,
      postgresCpuSeconds: after.postgres - before.postgres,
      serverCpuSeconds: after.server - before.server,
      seconds,
      rssMb: peakMemoryMb(writer.pid),
      rssHalvesMb: [Math.max(...samples.slice(0, half + 1)), Math.max(...samples.slice(half))] as const,
    }
    return { ...measured, ...(await whatCame(bench, kinds, filled)) }
  } finally {
    await writer.stop()
  }

  function cpuOf(app: App, { server }: Bench) {
    return {
      writer: cpuSecondsOf(app.pid),
      postgres: treeCpuSeconds(postgres.pid),
      server: cpuSecondsOf(server.pid),
    }
  }
}

async function whatCame(
  { server, endpoint }: Bench,
  kinds: readonly Kind[],
  filled: Filled,
): Promise<Pick<Drain, 'requests' | 'bytes' | 'firehoseBilledBytes' | 'sizeOfLevel6'>> {
  if (endpoint !== undefined) return { requests: {}, bytes: 0, firehoseBilledBytes: 0, sizeOfLevel6: undefined }
  const counts = await server.counts()
  const checked = await server.check()
  const { sample } = checked.s3
  for (const kind of kinds) {
    const { records, digest } = checked[kind]
    if (records !== filled.records || digest !== filled.digest) {
      throw new Error(
        `${kind} got ${records} records (${digest}), not the ${filled.records} (${filled.digest}) that were journaled`,
      )
    }
  }
  return {
    requests: Object.assign({}, ...kinds.map((kind) => counts[kind].requests)),
    bytes: kinds.reduce((sum, kind) => sum + counts[kind].bytes, 0),
    firehoseBilledBytes: checked.firehose.billedBytes,
    sizeOfLevel6: kinds.includes('s3') ? sample.bytes / sample.level6Bytes : undefined,
  }
}
