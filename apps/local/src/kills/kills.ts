import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KillsArguments } from '../arguments.ts'
import { openCredentials, openSecrets } from '../credentials.ts'
import { count } from '../demo/report.ts'
import { Failure } from '../failure.ts'
import { letPass, openFolder } from '../folder.ts'
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../start.ts'
import { startPlant } from './plant.ts'
import { type PlayOptions, play } from './play.ts'
import { NOTE } from './settings.ts'

export type KillsOptions = PlayOptions &
  Pick<KillsArguments, 'keep'> & { readonly base: Readonly<Record<string, string>> }

/** Kills and restarts a system of its own while traffic flows, and judges what its destinations have; returns the exit code. */
export async function kills(options: KillsOptions): Promise<number> {
  const { print, signal } = options
  const path = await mkdtemp(join(tmpdir(), 'roomlog-kills-'))
  try {
    await letPass(path)
    const folder = await openFolder(path)
    const credentials = await openCredentials(folder, { accountId: LOCAL_ACCOUNT, region: LOCAL_REGION }, randomBytes)
    print(`${count(options.rounds)} rounds, seed ${options.seed}, in ${path}\n${NOTE}`)
    const secrets = await openSecrets(folder, randomBytes)
    const plant = await startPlant({
      folder,
      credentials,
      secrets,
      base: options.base,
      portsFrom: process.pid * 50,
      signal,
    })
    const failing = new AbortController()
    void plant.died.then((message) => failing.abort(new Failure(message)))
    const playing = AbortSignal.any([signal, failing.signal])
    // Every call in flight listens to it.
    setMaxListeners(0, playing)
    try {
      return await play({ ...options, signal: playing }, plant, credentials)
    } catch (error) {
      throw failing.signal.aborted ? failing.signal.reason : error
    } finally {
      await plant.close()
    }
  } finally {
    if (options.keep) print(`Everything is kept in ${path}`)
    else await rm(path, { recursive: true, force: true, maxRetries: 3 })
  }
}
