import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { AttackArguments } from '../arguments.ts'
import { type Credentials, openCredentials, openSecrets } from '../credentials.ts'
import { createDestinations } from '../destinations.ts'
import { Failure } from '../failure.ts'
import { letPass, openFolder } from '../folder.ts'
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../start.ts'
import { namesOf } from './answers.ts'
import { BOUNDS, boundsOn, brokenIn, type Seen } from './judge.ts'
import { watchMemory } from './memory.ts'
import { startNeighbour } from './neighbour.ts'
import { type Line, report, reportJson, shortened } from './report.ts'
import { QUIET, ROWS, type Row } from './rows.ts'
import { BAD_ACCOUNT, type Stage, startStage } from './stage.ts'

export type AttackOptions = Omit<AttackArguments, 'command'> & {
  /** Folder that `apps` and `json` are relative to. */
  readonly from: string
  readonly base: Readonly<Record<string, string>>
  readonly print: (text: string) => void
  readonly signal: AbortSignal
}

/** Attacks a system of its own, row by row, and tells what others saw meanwhile; returns the exit code. */
export async function attack(options: AttackOptions): Promise<number> {
  const { print, signal, from, json } = options
  const rows = chosen(options.only)
  const apps = options.apps === undefined ? undefined : resolve(from, options.apps)
  if (apps !== undefined && !existsSync(join(apps, 'apps/api/dist/main.js'))) {
    throw new Failure(`--apps takes a checkout that is built; ${apps} has no apps/api/dist/main.js`, 2)
  }
  const path = await mkdtemp(join(tmpdir(), 'roomlog-attack-'))
  try {
    await letPass(path)
    const folder = await openFolder(path)
    const where = { accountId: LOCAL_ACCOUNT, region: LOCAL_REGION }
    const accounts = [await openCredentials(folder, where, randomBytes), otherAccount()] as const
    const secrets = await openSecrets(folder, randomBytes)
    print(`${rows.length} rows, in ${path}${apps === undefined ? '' : `, against the apps of ${apps}`}`)
    const portsFrom = process.pid * 50
    const stage = await startStage({ folder, accounts, secrets, base: options.base, apps, portsFrom, signal })
    try {
      const lines: Line[] = []
      try {
        await playAll(rows, stage, options, lines)
      } catch (error) {
        // What was judged so far is worth telling, however the rest ended.
        if (lines.length > 0) print(`\nCut short.\n${report(lines)}`)
        throw error
      }
      print(`\n${report(lines)}\n`)
      if (json !== undefined) await writeFile(resolve(from, json), reportJson(lines))
      const broken = lines.filter(({ bounds, seen }) => brokenIn(seen, bounds).length > 0)
      if (broken.length === 0) print(`All ${lines.length} rows held.`)
      else print(`${broken.length} of ${lines.length} rows did not hold: ${broken.map(({ row }) => row).join(', ')}`)
      return broken.length === 0 ? 0 : 1
    } finally {
      await stage.close()
    }
  } finally {
    if (options.keep) print(`Everything is kept in ${path}`)
    else await rm(path, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Adds to `lines` what each row has shown. */
async function playAll(
  rows: readonly Row[],
  stage: Stage,
  { print, signal }: AttackOptions,
  lines: Line[],
): Promise<void> {
  const roomArn = await createNeighbourRoom(stage)
  let bounds = BOUNDS
  for (const row of [QUIET, ...rows]) {
    signal.throwIfAborted()
    await stage.freshApi()
    const seen = await playOne(row, stage, roomArn)
    if (row === QUIET) bounds = boundsOn(seen.neighbour)
    lines.push({ row: row.name, what: row.what, bounds, seen })
    const broken = brokenIn(seen, bounds)
    print(`  ${row.name}: ${broken.length === 0 ? 'held' : `NOT HELD: ${shortened(broken).join('; ')}`}`)
  }
}

/** Its records go the whole way. */
async function createNeighbourRoom({ aws, client, signal }: Stage): Promise<string> {
  const names = namesOf('neighbour')
  await createDestinations(aws, names, { bufferSeconds: 1, signal })
  const { arn } = await client.loggingConfiguration.create.mutate(
    { destinationConfiguration: { s3: { bucketName: names.bucket } } },
    { signal },
  )
  const room = await client.room.create.mutate(
    { maximumMessageRatePerSecond: 100, loggingConfigurationIdentifiers: [arn] },
    { signal },
  )
  return room.arn
}

async function playOne(row: Row, stage: Stage, roomArn: string): Promise<Seen> {
  const neighbour = await startNeighbour({ url: stage.apiUrl, token: stage.goodToken, roomArn })
  const memory = watchMemory(stage.apiPid())
  const ending = new AbortController()
  const signal = AbortSignal.any([stage.signal, ending.signal])
  // Hundreds of sockets listen to it.
  setMaxListeners(0, signal)
  const died = stage.died.then((message) => {
    throw new Failure(message)
  })
  try {
    // An api that dies of it is a row that does not hold, with nothing more to see.
    const played = await Promise.race([row.play({ ...stage, signal }), died])
    return { ...played, neighbour: await neighbour.end(), apiBytesMax: memory.end() }
  } finally {
    ending.abort()
    memory.end()
  }
}

function chosen(only: readonly string[]): readonly Row[] {
  const unknown = only.filter((name) => !ROWS.some((row) => row.name === name))
  if (unknown.length > 0) {
    throw new Failure(`There is no row ${unknown.join(', ')}; there are ${ROWS.map(({ name }) => name).join(', ')}`, 2)
  }
  return only.length === 0 ? ROWS : ROWS.filter(({ name }) => only.includes(name))
}

function otherAccount(): Credentials {
  return {
    accessKeyId: `RL${randomBytes(9).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
    accountId: BAD_ACCOUNT,
    region: LOCAL_REGION,
  }
}
