import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AwsError } from '../aws-error.ts'
import { leftSegments, type OpenSegment, openSegment, readSegment, type Segment } from './spool.ts'
import type { StreamConfig } from './stream-config.ts'

/** Creates an object, unless it is there already. */
export type Deliver = (config: StreamConfig, key: string, bytes: Buffer) => Promise<void>

export type DeliveryStream = {
  readonly config: StreamConfig
  /** Takes records (base64); resolves when they are safe. */
  accept(records: readonly string[], rawBytes: number): Promise<void>
  /** Delivers what is buffered now. */
  flush(): Promise<void>
  close(options: { flush: boolean }): Promise<void>
}

const RETRY_MS = 2000
/** AWS keeps what it cannot deliver for 24 hours; we keep 2 GiB. */
const SPOOL_BYTES_MAX = 2 * 1024 ** 3

/** Buffers records by size and time, and delivers them one object after the other. */
export async function deliveryStream(options: {
  config: StreamConfig
  folder: string
  fsync: boolean
  now: () => number
  randomUUID: () => string
  deliver: Deliver
}): Promise<DeliveryStream> {
  const { config, now } = options
  const folder = join(options.folder, 'spool')
  await mkdir(folder, { recursive: true })
  const sealed: Segment[] = await leftSegments(folder)
  const waiting = new Map<Segment, number>()
  let segments = sealed.reduce((most, segment) => Math.max(most, segment.number), 0)
  let open: OpenSegment | undefined
  let timer: NodeJS.Timeout | undefined
  let retry: NodeJS.Timeout | undefined
  let delivering: Promise<void> | undefined
  let closed = false
  if (sealed.length > 0) startDelivery()

  return {
    config,
    async accept(records, rawBytes) {
      if (waitingBytes() + rawBytes > SPOOL_BYTES_MAX) {
        throw new AwsError(503, 'ServiceUnavailableException', 'Too much waits for delivery. Is the bucket there?')
      }
      open ??= openNext()
      const segment = open
      const bytes = (waiting.get(segment) ?? 0) + rawBytes
      waiting.set(segment, bytes)
      const taken = segment.append(records)
      if (bytes >= config.bufferBytes) seal()
      await taken
    },
    async flush() {
      seal()
      await delivering
    },
    async close({ flush }) {
      if (flush) seal()
      closed = true
      clearTimeout(timer)
      clearTimeout(retry)
      await delivering
      await open?.settled()
    },
  }

  function openNext(): OpenSegment {
    segments += 1
    timer = setTimeout(seal, config.bufferMs)
    const named = { number: segments, openedMs: now(), uuid: options.randomUUID() }
    return openSegment(folder, named, options.fsync)
  }

  function waitingBytes(): number {
    let sum = 0
    for (const bytes of waiting.values()) sum += bytes
    return sum
  }

  function seal() {
    clearTimeout(timer)
    if (open === undefined) return
    const segment = open
    open = undefined
    sealed.push(segment)
    startDelivery()
  }

  function startDelivery() {
    clearTimeout(retry)
    delivering = (delivering ?? Promise.resolve()).then(deliverSealed)
  }

  async function deliverSealed() {
    while (true) {
      const segment = sealed[0]
      if (segment === undefined) return
      try {
        // Requests that are on their way into the file belong to it.
        await segment.settled()
        const bytes = await readSegment(segment)
        if (bytes.length > 0) await options.deliver(config, objectKey(config, segment), bytes)
      } catch {
        // The bucket is not there, say. As AWS does, try again.
        if (!closed) retry = setTimeout(startDelivery, RETRY_MS)
        return
      }
      await rm(segment.path, { force: true })
      sealed.shift()
      waiting.delete(segment)
    }
  }
}

/** AWS's layout: `<prefix>YYYY/MM/DD/HH/<stream>-<version>-YYYY-MM-DD-HH-mm-ss-<uuid>`, in UTC. */
export function objectKey(config: StreamConfig, segment: Pick<Segment, 'openedMs' | 'uuid'>): string {
  const [year, month, day, hour, minute, second] = new Date(segment.openedMs).toISOString().split(/[-T:.]/)
  const name = [config.name, '1', year, month, day, hour, minute, second, segment.uuid].join('-')
  const extension = config.fileExtension !== '' ? config.fileExtension : config.compression === 'GZIP' ? '.gz' : ''
  return `${config.prefix}${year}/${month}/${day}/${hour}/${name}${extension}`
}
