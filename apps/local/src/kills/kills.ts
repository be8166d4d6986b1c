import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createRoomlogClient } from '@roomlog/client'
import type { KillsArguments } from '../arguments.ts'
import { standInClients } from '../aws-clients.ts'
import { openCredentials, openSecrets } from '../credentials.ts'
import { createProgress } from '../demo/progress.ts'
import { count } from '../demo/report.ts'
import { Failure } from '../failure.ts'
import { letPass, openFolder } from '../folder.ts'
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../start.ts'
import { type Chapter, playChapter } from './chapter.ts'
import { createFleet } from './fleet.ts'
import type { Scene } from './inflict.ts'
import { type Plant, startPlant } from './plant.ts'
import { seeded } from './random.ts'
import { brokenPromises, report, reportJson } from './report.ts'
import { createRounds } from './rounds.ts'
import { NOTE } from './settings.ts'
import { createStandInNotes } from './stand-in-notes.ts'
import { killsOf, newTally } from './tally.ts'

/** After so many rounds all is delivered, read back and judged, and traffic goes on in other rooms. */
const ROUNDS_PER_CHAPTER = 200
const CALL_TIMEOUT_MS = 10_000

export type KillsOptions = Omit<KillsArguments, 'command' | 'seed'> & {
  readonly seed: number
  /** Folder that `json` is relative to. */
  readonly from: string
  readonly base: Readonly<Record<string, string>>
  readonly print: (text: string) => void
  readonly signal: AbortSignal
}

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
    try {
      const failed = plant.died.then((message) => Promise.reject(new Failure(message)))
      failed.catch(() => undefined)
      return await Promise.race([play(options, plant, credentials), failed])
    } finally {
      await plant.close()
    }
  } finally {
    if (options.keep) print(`Everything is kept in ${path}`)
    else await rm(path, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function play(
  { rounds, seed, writers, json, from, print, signal }: KillsOptions,
  plant: Plant,
  accessKey: { readonly accessKeyId: string; readonly secretAccessKey: string },
): Promise<number> {
  const progress = createProgress(process.stderr, Date.now)
  const startedAtMs = Date.now()
  const random = seeded(seed)
  const draw = createRounds(seeded(seed + 1))
  const tally = newTally()
  const fleet = createFleet(plant, writers, signal)
  const notes = createStandInNotes(plant.standInUrl, signal)
  const scene: Scene = { plant, fleet, notes, tally, random, asleep: new Set(), signal }
  const client = (url: string) => createRoomlogClient({ url, accessKey, timeoutMs: CALL_TIMEOUT_MS })
  const [one, two] = plant.apiUrls
  const aws = standInClients(plant.standInUrl, LOCAL_REGION)
  const chapters: Chapter[] = []
  await fleet.untilReady(writers)
  let done = 0
  try {
    while (done < rounds && brokenPromises(chapters).length === 0) {
      const drawn = Array.from({ length: Math.min(ROUNDS_PER_CHAPTER, rounds - done) }, draw)
      const before = done
      const chapter = await playChapter({
        scene,
        number: chapters.length + 1,
        rounds: drawn,
        clients: [client(one), client(two)],
        aws,
        readyMin: Math.max(1, writers - 1),
        onRound: (inChapter, { counts }) => {
          done = before + inChapter
          const { s3, logs, firehose } = tally.inside
          const inside = [s3, logs, firehose].map((of) => of.before + of.after).join('/')
          progress.set(
            `  round ${done} of ${rounds}: ${killsOf(tally)} kills, inside calls ${inside}, ${count(counts.acknowledged)} records, ${inSeconds(Date.now() - startedAtMs)}`,
          )
        },
        onBacklog: (backlog) => progress.set(`  ${count(backlog)} records still to be delivered`),
      })
      progress.end()
      chapters.push(chapter)
      const verdict = brokenPromises([chapter]).length === 0 ? 'every promise held' : 'A PROMISE IS BROKEN'
      print(
        `Rounds ${before + 1} to ${done}: ${count(chapter.book.acknowledged)} records read back from all destinations, ${verdict} (${inSeconds(Date.now() - startedAtMs)})`,
      )
    }
  } finally {
    aws.close()
  }
  const run = { seed, rounds: done, writers, durationMs: Date.now() - startedAtMs, tally, chapters }
  const broken = brokenPromises(chapters)
  if (json !== undefined) await writeFile(resolve(from, json), reportJson(run, broken))
  print(`\n${report(run)}\n`)
  if (broken.length === 0) {
    print('Nothing lost, nothing twice that was not counted, nothing from nowhere, in order.')
    return 0
  }
  print(broken.map((problem) => `Broken: ${problem}`).join('\n'))
  return 1
}

function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(0)} s`
}
