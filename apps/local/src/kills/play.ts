import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createRoomlogClient } from '@roomlog/client'
import { standInClients } from '../aws-clients.ts'
import type { Credentials } from '../credentials.ts'
import { createProgress } from '../demo/progress.ts'
import { count } from '../demo/report.ts'
import { type Chapter, playChapter } from './chapter.ts'
import { createFleet } from './fleet.ts'
import type { Scene } from './inflict.ts'
import type { Plant } from './plant.ts'
import { seeded } from './random.ts'
import { brokenPromises, type Run, report, reportJson } from './report.ts'
import { createRounds } from './rounds.ts'
import { createStandInNotes } from './stand-in-notes.ts'
import { killsOf, newTally } from './tally.ts'

/** After so many rounds all is delivered, read back and judged, and traffic goes on in other rooms. */
const ROUNDS_PER_CHAPTER = 200
const CALL_TIMEOUT_MS = 10_000

export type PlayOptions = {
  readonly rounds: number
  readonly seed: number
  readonly writers: number
  /** File for the report. */
  readonly json: string | undefined
  /** Folder that `json` is relative to. */
  readonly from: string
  readonly print: (text: string) => void
  readonly signal: AbortSignal
}

/** Plays the rounds, chapter by chapter, until a promise is broken; returns the exit code. */
export async function play(options: PlayOptions, plant: Plant, accessKey: Credentials): Promise<number> {
  const { rounds, seed, writers, print, signal } = options
  const progress = createProgress(process.stderr, Date.now)
  const startedAtMs = Date.now()
  const draw = createRounds(seeded(seed + 1))
  const tally = newTally()
  const fleet = createFleet(plant, writers, signal)
  const notes = createStandInNotes(plant.standInUrl, plant.standInKey, signal)
  const scene: Scene = { plant, fleet, notes, tally, random: seeded(seed), asleep: new Set(), signal }
  const [one, two] = plant.apiUrls.map((url) => createRoomlogClient({ url, accessKey, timeoutMs: CALL_TIMEOUT_MS }))
  if (one === undefined || two === undefined) throw new Error('there are two apis')
  const aws = standInClients(plant.standInUrl, accessKey.region, plant.standInKey)
  const chapters: Chapter[] = []
  let done = 0
  const conclude = async (): Promise<readonly string[]> => {
    const broken = brokenPromises(chapters)
    const run: Run = { seed, rounds: done, writers, durationMs: Date.now() - startedAtMs, tally, chapters }
    if (options.json !== undefined) await writeFile(resolve(options.from, options.json), reportJson(run, broken))
    print(`\n${report(run)}\n`)
    return broken
  }
  try {
    await fleet.untilReady(writers)
    while (done < rounds && brokenPromises(chapters).length === 0) {
      const before = done
      const chapter = await playChapter({
        scene,
        number: chapters.length + 1,
        rounds: Array.from({ length: Math.min(ROUNDS_PER_CHAPTER, rounds - done) }, draw),
        clients: [one, two],
        aws,
        readyMin: Math.max(1, writers - 1),
        onRound: (inChapter, { counts }) => {
          done = before + inChapter
          const inside = Object.values(tally.inside).map((of) => of.before + of.after)
          progress.set(
            `  round ${done} of ${rounds}: ${killsOf(tally)} kills, inside calls ${inside.join('/')}, ${count(counts.acknowledged)} records, ${inSeconds(Date.now() - startedAtMs)}`,
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
  } catch (error) {
    // What was judged so far is worth telling, however the rest ended.
    if (chapters.length > 0) {
      print(`\nCut short: of the last rounds only the kills are counted, not the records.`)
      await conclude()
    }
    throw error
  } finally {
    aws.close()
  }
  const broken = await conclude()
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
