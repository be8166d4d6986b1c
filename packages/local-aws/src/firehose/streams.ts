import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readIfThere, replaceFile } from '../durable-file.ts'
import { fileNameOf } from '../file-name.ts'
import { type Deliver, type DeliveryStream, deliveryStream } from './delivery-stream.ts'
import { firehoseError } from './error.ts'
import { StreamConfig, streamConfig } from './stream-config.ts'

export type Streams = {
  names(): string[]
  /** Throws ResourceNotFoundException. */
  get(name: string): DeliveryStream
  create(input: unknown): Promise<StreamConfig>
  tag(name: string, tags: Readonly<Record<string, string>>): Promise<void>
  remove(name: string): Promise<void>
  /** Delivers what every stream has buffered. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** Delivery streams are folders with a `stream.json` and a spool. */
export async function createStreams(options: {
  dataDir: string
  fsync: boolean
  now: () => number
  randomUUID: () => string
  deliver: Deliver
}): Promise<Streams> {
  const root = join(options.dataDir, 'firehose')
  await mkdir(root, { recursive: true })
  const streams = new Map<string, DeliveryStream>()
  const creating = new Set<string>()
  for (const entry of await readdir(root)) {
    const text = await readIfThere(join(root, entry, 'stream.json'))
    if (text !== undefined) await start(StreamConfig.parse(JSON.parse(text)))
  }

  const self: Streams = {
    names: () => [...streams.keys()].sort(),
    get(name) {
      const stream = streams.get(name)
      if (stream === undefined) {
        throw firehoseError('ResourceNotFoundException', `Firehose ${name} under account not found.`)
      }
      return stream
    },
    async create(input) {
      const config = streamConfig(input, options.now())
      if (streams.has(config.name) || creating.has(config.name)) {
        throw firehoseError('ResourceInUseException', `Firehose ${config.name} under account already exists`)
      }
      creating.add(config.name)
      try {
        await save(config)
        await start(config)
      } finally {
        creating.delete(config.name)
      }
      return config
    },
    async tag(name, tags) {
      const { config } = self.get(name)
      Object.assign(config.tags, tags)
      await save(config)
    },
    async remove(name) {
      const stream = self.get(name)
      streams.delete(name)
      await stream.close({ flush: false })
      await rm(folderOf(name), { recursive: true, force: true })
    },
    async flush() {
      await Promise.all([...streams.values()].map((stream) => stream.flush()))
    },
    async close() {
      await Promise.all([...streams.values()].map((stream) => stream.close({ flush: true })))
    },
  }
  return self

  async function start(config: StreamConfig) {
    streams.set(config.name, await deliveryStream({ ...options, config, folder: folderOf(config.name) }))
  }

  function save(config: StreamConfig) {
    return replaceFile(
      join(folderOf(config.name), 'stream.json'),
      `${JSON.stringify(config, undefined, 2)}\n`,
      options.fsync,
    )
  }

  function folderOf(name: string) {
    return join(root, fileNameOf(name))
  }
}
