#!/usr/bin/env node
// Brings back one plausible bug after another, in a copy of the sources, and shows that the suites fail on each.
import { parseArgs } from 'node:util'
import { openCopy } from './mutations/copy.ts'
import { faultsOf } from './mutations/edit.ts'
import { baseline, judge } from './mutations/judge.ts'
import { mutations } from './mutations/list.ts'
import type { Verdict } from './mutations/mutation.ts'
import { sharePostgres } from './mutations/postgres.ts'
import { tableOf } from './mutations/table.ts'

const HELP = `Usage: pnpm mutations [--only <name>]... [--seconds <n>] [--list] [--check]

  --only <name>   only the mutations whose name contains this; may be repeated
  --seconds <n>   longest run of the suites on one mutation; a hang counts as killed (default 120)
  --list          prints the mutations and what each would break
  --check         only checks that every mutation still fits the sources; takes a moment

Without --list and --check: copies the sources to a temporary folder, runs the suites there unchanged, then once for each
mutation. Exits with 1 if a mutation survives. About four minutes on two cores.`

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    seconds: { type: 'string', default: '120' },
    list: { type: 'boolean' },
    check: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
})
const only = values.only ?? ['']
const chosen = mutations.filter(({ name }) => only.some((part) => name.includes(part)))

if (values.help) console.log(HELP)
else if (chosen.length === 0) refuse([`no mutation is called ${only.join(' or ')}`])
else if (values.list) for (const { name, promise } of chosen) console.log(`${name}\n    ${promise}`)
else {
  const faults = faultsOf(mutations)
  if (faults.length > 0) refuse(faults)
  else if (values.check) console.log(`${mutations.length} mutations fit the sources`)
  else await run()
}

async function run(): Promise<void> {
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
  const copy = openCopy()
  const limits = { signal: stopping.signal, timeoutMs: 1_000 * Number(values.seconds) }
  const startedAtMs = Date.now()
  let stopPostgres: () => unknown = () => {}
  try {
    const isIntegrated = chosen.some(({ suites }) => suites.some(({ project }) => project === 'integration'))
    if (isIntegrated) stopPostgres = await sharePostgres(copy)
    const broken = await baseline(copy, chosen, limits)
    if (stopping.signal.aborted) return
    if (broken.length > 0) return refuse(broken)
    const verdicts: Verdict[] = []
    for (const mutation of chosen) {
      const verdict = await judge(copy, mutation, limits)
      if (stopping.signal.aborted) return
      verdicts.push(verdict)
      console.log(`${verdict.status.padEnd(9)} ${mutation.name} (${verdict.seconds} s): ${verdict.how}`)
    }
    const killed = verdicts.filter(({ status }) => status === 'killed').length
    console.log(`\n${tableOf(verdicts)}\n`)
    console.log(`${killed} of ${verdicts.length} killed in ${Math.round((Date.now() - startedAtMs) / 1_000)} s`)
    if (killed < verdicts.length) process.exitCode = 1
  } finally {
    await stopPostgres()
    copy.close()
    if (stopping.signal.aborted) {
      console.error('Stopped, nothing is left behind.')
      process.exitCode = 130
    }
  }
}

function refuse(lines: readonly string[]): void {
  for (const line of lines) console.error(line)
  process.exitCode = 1
}
