import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { z } from 'zod'
import { readIfThere, replaceFile } from '../durable-file.ts'
import { fileNameOf, nameAt } from '../file-name.ts'
import { logsError } from './error.ts'
import { type StreamFile, streamFile } from './stream-file.ts'
import { headerLine } from './stream-lines.ts'

/** Only STANDARD can be read by FilterLogEvents and GetLogEvents. */
export const LogGroupClass = z.enum(['STANDARD', 'INFREQUENT_ACCESS', 'DELIVERY'])
export type LogGroupClass = z.infer<typeof LogGroupClass>

export type Group = {
  readonly name: string
  readonly folder: string
  readonly creationTime: number
  readonly retentionInDays: number | undefined
  readonly logGroupClass: LogGroupClass
  readonly streams: Map<string, StreamFile>
}

export type Groups = {
  all(): readonly Group[]
  /** Throws ResourceNotFoundException. */
  get(name: string): Group
  create(name: string, logGroupClass: LogGroupClass): Promise<void>
  setRetention(name: string, days: number | undefined): Promise<void>
  remove(name: string): Promise<void>
  createStream(group: string, stream: string): Promise<void>
  removeStream(group: string, stream: string): Promise<void>
  close(): Promise<void>
}

/** Groups are folders with a `group.json`, streams are `.ndjson` files in them. */
export async function createGroups(options: { dataDir: string; fsync: boolean; now: () => number }): Promise<Groups> {
  const { fsync, now } = options
  const root = join(options.dataDir, 'logs')
  await mkdir(root, { recursive: true })
  const groups = new Map<string, Group>()
  for (const path of await filesUnder(root, (name) => name === 'group.json')) {
    const group = await loadGroup(dirname(path), fsync)
    groups.set(group.name, group)
  }

  const self: Groups = {
    all: () => [...groups.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    get(name) {
      const group = groups.get(name)
      if (group === undefined) throw logsError('ResourceNotFoundException', 'The specified log group does not exist.')
      return group
    },
    async create(name, logGroupClass) {
      if (groups.has(name)) {
        throw logsError('ResourceAlreadyExistsException', 'The specified log group already exists')
      }
      const folder = join(root, fileNameOf(name))
      const made = { name, folder, logGroupClass, creationTime: now(), retentionInDays: undefined }
      await save({ ...made, streams: new Map() })
    },
    setRetention: (name, days) => save({ ...self.get(name), retentionInDays: days }),
    async remove(name) {
      const { folder } = self.get(name)
      groups.delete(name)
      await rm(folder, { recursive: true, force: true })
    },
    async createStream(groupName, name) {
      const group = self.get(groupName)
      if (group.streams.has(name)) throw streamExists()
      const path = streamPath(group.folder, name)
      // Taken at once: of two calls at the same time one must lose.
      const stream = streamFile({ name, path, fsync, created: writeHeader(path, name) })
      group.streams.set(name, stream)
      await stream.load().catch((error) => {
        group.streams.delete(name)
        throw error
      })
    },
    async removeStream(groupName, name) {
      const group = self.get(groupName)
      if (!group.streams.delete(name)) {
        throw logsError('ResourceNotFoundException', 'The specified log stream does not exist.')
      }
      await rm(streamPath(group.folder, name), { force: true })
    },
    async close() {
      for (const group of groups.values()) {
        for (const stream of group.streams.values()) await stream.settled()
      }
    },
  }
  return self

  async function save(group: Group) {
    groups.set(group.name, group)
    const { name, creationTime, retentionInDays, logGroupClass } = group
    const text = JSON.stringify({ name, creationTime, retentionInDays, logGroupClass }, undefined, 2)
    await replaceFile(join(group.folder, 'group.json'), `${text}\n`, fsync)
  }

  async function writeHeader(path: string, name: string) {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, headerLine(name, now()), { flush: fsync })
  }
}

function streamPath(folder: string, name: string): string {
  return join(folder, `${fileNameOf(name)}.ndjson`)
}

async function loadGroup(folder: string, fsync: boolean): Promise<Group> {
  const info = GroupInfo.parse(JSON.parse((await readIfThere(join(folder, 'group.json'))) ?? ''))
  const streams = new Map<string, StreamFile>()
  for (const path of await filesUnder(folder, (name) => name.endsWith('.ndjson'))) {
    const name = nameAt(relative(folder, path).slice(0, -'.ndjson'.length))
    streams.set(name, streamFile({ name, path, fsync }))
  }
  return { ...info, retentionInDays: info.retentionInDays, folder, streams }
}

const GroupInfo = z.object({
  name: z.string(),
  creationTime: z.number(),
  retentionInDays: z.number().optional(),
  logGroupClass: LogGroupClass.default('STANDARD'),
})

/** Names too long for one file name lie deeper (see `fileNameOf`). */
async function filesUnder(folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  const found: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) found.push(...(await filesUnder(path, wanted)))
    else if (wanted(entry.name)) found.push(path)
  }
  return found
}

function streamExists(): Error {
  return logsError('ResourceAlreadyExistsException', 'The specified log stream already exists')
}
