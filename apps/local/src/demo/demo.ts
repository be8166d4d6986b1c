import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRoomlogClient } from '@roomlog/client'
import type { DemoArguments } from '../arguments.ts'
import { standInClients } from '../aws-clients.ts'
import { openCredentials, openSecrets } from '../credentials.ts'
import { Failure } from '../failure.ts'
import { letPass, openFolder } from '../folder.ts'
import { freePorts } from '../ports.ts'
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../start.ts'
import { startSystem } from '../system.ts'
import { converse } from './converse.ts'
import { findFile } from './read-file.ts'
import { noteFor, settingsFor } from './settings.ts'

export type DemoOptions = Omit<DemoArguments, 'command'> & {
  /** Folders that `file` may be relative to. */
  readonly from: readonly string[]
  readonly base: Readonly<Record<string, string>>
  readonly print: (text: string) => void
  readonly signal: AbortSignal
}

/** Sends a conversation through a system of its own and reads it back from each destination; returns the exit code. */
export async function demo(options: DemoOptions): Promise<number> {
  const { print, signal } = options
  const file = options.file === undefined ? undefined : findFile(options.file, options.from)
  const length = file === undefined ? 'short' : 'long'
  const path = await mkdtemp(join(tmpdir(), 'roomlog-demo-'))
  try {
    await letPass(path)
    const folder = await openFolder(path)
    const credentials = await openCredentials(folder, { accountId: LOCAL_ACCOUNT, region: LOCAL_REGION }, randomBytes)
    const secrets = await openSecrets(folder, randomBytes)
    print(`Starting a system of its own in ${path} ...\n${noteFor(length)}`)
    const system = await startSystem({
      folder,
      credentials,
      ports: await freePorts(),
      secrets,
      database: { kind: 'embedded' },
      destinations: { kind: 'stand-in' },
      base: options.base,
      settings: settingsFor(length, options.killWriterEverySeconds !== undefined),
      signal,
    })
    const clients = standInClients(system.standInUrl ?? '', credentials.region, secrets.standInKey)
    try {
      const client = createRoomlogClient({ url: system.apiUrl, accessKey: credentials })
      const failed = system.died.then((message) => Promise.reject(new Failure(message)))
      failed.catch(() => undefined)
      return await Promise.race([converse({ ...options, file, system, client, clients }), failed])
    } finally {
      clients.close()
      await system.close()
    }
  } finally {
    if (options.keep) print(`Everything is kept in ${path}`)
    else await rm(path, { recursive: true, force: true, maxRetries: 3 })
  }
}
