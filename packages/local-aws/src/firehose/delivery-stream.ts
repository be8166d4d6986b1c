import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { leftSegments, numberOf, type OpenSegment, openSegment, readSegment, type Segment } from './spool.ts'
import type { StreamConfig } from './stream-config.ts'

/** Creates an object, unless it is there already. */
export type Deliver = (config: StreamConfig, key: string, bytes: Buffer) => Promise<void>

export type DeliveryStream = {
  readonly config: StreamConfig
  /** Takes records (base64); resolves when they are safe. */
  accept(records: readonly string[], rawBytes: number): Promise<void>
  /** Delivers what is buffered now. */
  flush(): Promise<void>
  /** Bytes that were accepted but not delivered in this life. */
  bufferedBytes(): number
  close(options: { flush: boolean }): Promise<void>
}

const RETRY_MS = 2000

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
  let segments = sealed.reduce((most, segment) => Math.max(most, numberOf(segment)), 0)
  let open: OpenSegment | undefined
  let timer: NodeJS.Timeout | undefined
  let delivering: Promise<void> | undefined
  let closed = false
  if (sealed.length > 0) startDelivery()

  return {
    config,
    async accept(records, rawBytes) {
      if (open === undefined) {
        segments += 1
        const openedMs = now()
        open = openSegment({ folder, number: segments, openedMs, uuid: options.randomUUID(), fsync: options.fsync })
        timer = setTimeout(seal, config.bufferMs)
      }
      const segment = open
      const taken = segment.append(records, rawBytes)
      if (segment.bytes() >= config.bufferBytes) seal()
      await taken
    },
    async flush() {
      seal()
      await delivering
    },
    bufferedBytes: () => open?.bytes() ?? 0,
    async close({ flush }) {
      if (flush) seal()
      closed = true
      clearTimeout(timer)
      await delivering
      await open?.settled()
    },
  }

  function seal() {
    clearTimeout(timer)
    if (open === undefined) return
    const segment = open
    open = undefined
    sealed.push(segment)
    // Requests that are on their way into the file belong to it.
    delivering = (delivering ?? Promise.resolve()).then(() => segment.settled())
    startDelivery()
  }

  function startDelivery() {
    clearTimeout(timer)
    delivering = (delivering ?? Promise.resolve()).then(deliverSealed)
  }

  async function deliverSealed() {
    while (true) {
      const segment = sealed[0]
      if (segment === undefined) return
      try {
        const bytes = await readSegment(segment)
        if (bytes.length > 0) await options.deliver(config, objectKey(config, segment), bytes)
      } catch {
        // The bucket is not there, say. AWS keeps the records for 24 hours and tries again, so do we, without end.
        if (!closed) setTimeout(startDelivery, RETRY_MS).unref()
        return
      }
      await rm(segment.path, { force: true })
      sealed.shift()
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
