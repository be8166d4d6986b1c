import { randomInt } from 'node:crypto'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Arguments, HELP, readArguments } from './arguments.ts'
import { attack } from './attack/attack.ts'
import { demo } from './demo/demo.ts'
import { readEnvironment } from './env.ts'
import { awsVariablesFrom, baseEnvironment, forgetForeign, settingsFrom } from './environment.ts'
import { Failure, reasonOf } from './failure.ts'
import { kills } from './kills/kills.ts'
import { stopOnSignals } from './signals.ts'
import { start } from './start.ts'

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url))
const INTERRUPTED = 130

const print = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

const signal = stopOnSignals(process, Date.now, () => process.exit(INTERRUPTED))
process.exitCode = await run(signal)
// What a library may have left open must not keep us: all that we started has ended.
process.exit()

async function run(signal: AbortSignal): Promise<number> {
  let command: Arguments['command'] = 'help'
  try {
    const args = readArguments(process.argv.slice(2))
    command = args.command
    if (args.command === 'help') {
      print(HELP)
      return 0
    }
    const base = baseEnvironment(process.env)
    if (args.command === 'demo') {
      forgetForeign(process.env)
      const from = process.env.INIT_CWD
      return await demo({ ...args, base, from: [from ?? process.cwd(), process.cwd()], print, signal })
    }
    if (args.command === 'kills') {
      forgetForeign(process.env)
      const seed = args.seed ?? randomInt(1, 1_000_000)
      return await kills({ ...args, seed, base, from: process.env.INIT_CWD ?? process.cwd(), print, signal })
    }
    if (args.command === 'attack') {
      forgetForeign(process.env)
      return await attack({ ...args, base, from: process.env.INIT_CWD ?? process.cwd(), print, signal })
    }
    const environment = readEnvironment(process.env)
    const settings = settingsFrom(process.env)
    const awsVariables = awsVariablesFrom(process.env)
    forgetForeign(process.env)
    const folder = resolve(environment.ROOMLOG_FOLDER ?? `${PROJECT}/.roomlog`)
    await start({ ...args, folder, environment, base, settings, awsVariables, print, signal })
    return 0
  } catch (error) {
    if (signal.aborted) return command === 'start' ? 0 : INTERRUPTED
    process.stderr.write(`\n${explain(error)}\n`)
    return error instanceof Failure ? error.exitCode : 1
  }
}

/** A failure speaks for itself, and so do the errors of the embedded Postgres; anything else is a bug, with its stack. */
function explain(error: unknown): string {
  if (error instanceof Failure) return error.message
  if (error instanceof Error && error.name === 'EmbeddedPostgresError') return error.message
  return error instanceof Error ? (error.stack ?? error.message) : reasonOf(error)
}
