import type { Copy } from './copy.ts'
import { mutated } from './edit.ts'
import type { Limits, Mutation, Suite, Verdict } from './mutation.ts'
import { type PassedTest, runSuite } from './suite.ts'

/** Runs all suites on the unchanged sources, a project at a time; answers what is wrong with them. */
export async function baseline(copy: Copy, mutations: readonly Mutation[], limits: Limits): Promise<readonly string[]> {
  const suites = mutations.flatMap((mutation) => mutation.suites)
  const broken: string[] = []
  for (const project of new Set(suites.map((suite) => suite.project))) {
    const ours = suites.filter((suite) => suite.project === project)
    const patterns = ours.map(({ test }) => test)
    const test = patterns.includes(undefined) ? undefined : [...new Set(patterns)].join('|')
    const files = [...new Set(ours.map(({ file }) => file))]
    const started = Date.now()
    const result = await runSuite(copy, { project, files, test }, { ...limits, timeoutMs: 5 * limits.timeoutMs })
    if (limits.signal.aborted) return []
    if (result.status !== 'passed') broken.push(`without a mutation, ${project} tests: ${result.how}`)
    else broken.push(...ours.flatMap((suite) => absent(suite, result.names)))
    console.log(`${result.status.padEnd(9)} ${project} tests without a mutation (${secondsSince(started)} s)`)
  }
  return [...new Set(broken)]
}

/** Killed only if each of its suites fails by what a test asserts: a file that cannot be loaded proves nothing. */
export async function judge(copy: Copy, mutation: Mutation, limits: Limits): Promise<Verdict> {
  const started = Date.now()
  const revert = copy.change(mutation.file, (text) => mutated(mutation, text))
  const hows: string[] = []
  let status: Verdict['status'] = 'killed'
  try {
    for (const { project, file, test } of mutation.suites) {
      const result = await runSuite(copy, { project, files: [file], test }, limits)
      hows.push(result.how)
      if (result.status === 'failed' || result.status === 'hung') continue
      status = result.status === 'passed' ? 'SURVIVED' : 'BROKEN'
      break
    }
  } finally {
    revert()
  }
  return { mutation, status, how: hows.join('; '), seconds: secondsSince(started) }
}

function absent({ file, test }: Suite, names: readonly PassedTest[]): readonly string[] {
  const pattern = new RegExp(test ?? '')
  const found = names.some((passed) => passed.file === file && pattern.test(passed.name))
  return found ? [] : [`${file} has no test called /${test}/`]
}

function secondsSince(startedAtMs: number): number {
  return Math.round((Date.now() - startedAtMs) / 100) / 10
}
