import { gzipSync } from 'node:zlib'
import { IdSum } from '../generator/id-sum.ts'
import { type RecordFound, scanFirehoseBody, scanLogEvents, scanObject } from './scan.ts'

export const KINDS = ['s3', 'cloudWatchLogs', 'firehose'] as const
export type Kind = (typeof KINDS)[number]

/** What one destination got. */
export type Counts = {
  /** By operation. */
  readonly requests: Readonly<Record<string, number>>
  /** Bodies, as they were on the wire. */
  readonly bytes: number
}

export type Checked = {
  readonly records: number
  readonly digest: string
  /** Of Firehose records, each rounded up to 5 KB. */
  readonly billedBytes: number
  /** Of some of the S3 objects: their size, and what gzip level 6 makes of the same lines. */
  readonly sample: { readonly bytes: number; readonly level6Bytes: number }
  /** From `event_timestamp` to the arrival of the request's last byte, ms. */
  readonly delaysMs: readonly number[]
}

const PENDING_BYTES_MAX = 1_500_000_000
const SAMPLE_BYTES_MAX = 5_000_000

/** Counts at once; looks into the bodies later, so that looking costs nothing while others are measured. */
export class Ledger {
  readonly #kind: Kind
  readonly #delaysSinceMs: number
  readonly #requests: Record<string, number> = {}
  readonly #ids = new IdSum()
  readonly #delaysMs: number[] = []
  #pending: { readonly body: Buffer; readonly receivedAtMs: number }[] = []
  #pendingBytes = 0
  #bytes = 0
  #billedBytes = 0
  #sample = { bytes: 0, level6Bytes: 0 }

  /** Delays are kept of records whose own time is `delaysSinceMs` or later. */
  constructor(kind: Kind, options: { readonly delaysSinceMs: number }) {
    this.#kind = kind
    this.#delaysSinceMs = options.delaysSinceMs
  }

  /** A request that changed nothing: asked, refused, or a step of the protocol. */
  asked(operation: string): void {
    this.#requests[operation] = (this.#requests[operation] ?? 0) + 1
  }

  taken(operation: string, body: Buffer, receivedAtMs: number): void {
    this.asked(operation)
    this.#bytes += body.length
    this.#pending.push({ body, receivedAtMs })
    this.#pendingBytes += body.length
    if (this.#pendingBytes > PENDING_BYTES_MAX) this.#look()
  }

  counts(): Counts {
    return { requests: { ...this.#requests }, bytes: this.#bytes }
  }

  check(): Checked {
    this.#look()
    const { count, digest } = this.#ids
    return { records: count, digest, billedBytes: this.#billedBytes, sample: this.#sample, delaysMs: this.#delaysMs }
  }

  #look(): void {
    for (const { body, receivedAtMs } of this.#pending) {
      const found: RecordFound = (bytes, idAt, timeMs) => {
        this.#ids.add(bytes, idAt)
        if (this.#delaysSinceMs === Number.POSITIVE_INFINITY) return
        const sentAtMs = timeMs()
        if (sentAtMs >= this.#delaysSinceMs) this.#delaysMs.push(receivedAtMs - sentAtMs)
      }
      if (this.#kind === 's3') this.#compare(body, scanObject(body, found))
      else if (this.#kind === 'cloudWatchLogs') scanLogEvents(body, found)
      else this.#billedBytes += scanFirehoseBody(body, found)
    }
    this.#pending = []
    this.#pendingBytes = 0
  }

  #compare(body: Buffer, lines: Buffer): void {
    if (this.#sample.bytes > SAMPLE_BYTES_MAX) return
    this.#sample.bytes += body.length
    this.#sample.level6Bytes += gzipSync(lines, { level: 6 }).length
  }
}
