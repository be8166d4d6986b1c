import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { type Copy, ROOT } from './copy.ts'
import type { Limits } from './mutation.ts'

const VITEST = join(dirname(createRequire(join(ROOT, 'package.json')).resolve('vitest/package.json')), 'vitest.mjs')
const LEAVE_WITHIN_MS = 10_000

// Of vitest (which throws a plain Error from `rejects` and `poll`), of fast-check, and of either when a promise is not kept
// in time.
const EXPECTED_FAILURE =
  /AssertionError|^Error: expected |instead of rejecting|Property failed|timed out|__VITEST_POLL_CHAIN__/m

export type PassedTest = { readonly file: string; readonly name: string }

export type SuiteResult =
  | { readonly status: 'passed'; readonly how: string; readonly names: readonly PassedTest[] }
  | { readonly status: 'failed' | 'broken' | 'hung'; readonly how: string }

const Report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(
        z.object({ status: z.string(), fullName: z.string(), failureMessages: z.array(z.string()) }),
      ),
    }),
  ),
})

/**
 * Runs tests of the copy until the first fails.
 * `failed`: a test did, by what it asserts; `broken`: a file, a hook or a test did in another way, which says nothing of
 * the promise; `hung`: nothing ended in time.
 */
export async function runSuite(
  { root }: Copy,
  {
    project,
    files,
    test,
  }: { readonly project: string; readonly files: readonly string[]; readonly test?: string | undefined },
  limits: Limits,
): Promise<SuiteResult> {
  const report = join(root, 'report.json')
  rmSync(report, { force: true })
  const filter = test === undefined ? [] : ['--testNamePattern', test]
  const json = ['--reporter=json', `--outputFile=${report}`, '--bail=1']
  const words = await spawned(root, ['run', '--project', project, ...json, ...filter, ...files], limits)
  if (words.hung) return { status: 'hung', how: `nothing ended in ${limits.timeoutMs / 1_000} s` }
  return judgeReport(root, report, words.said)
}

function judgeReport(root: string, report: string, said: string): SuiteResult {
  let results: z.output<typeof Report>['testResults']
  try {
    results = Report.parse(JSON.parse(readFileSync(report, 'utf8'))).testResults
  } catch {
    return { status: 'broken', how: `no report was written: ${said.trim().slice(-2_000)}` }
  }
  const tests = results.flatMap(({ name, assertionResults }) =>
    assertionResults.map((one) => ({ ...one, file: relative(root, name) })),
  )
  const failed = tests.find(({ status }) => status === 'failed')
  if (failed) {
    const why = failed.failureMessages.join('\n')
    const how = `${failed.file}: ${failed.fullName}`
    return EXPECTED_FAILURE.test(why) ? { status: 'failed', how } : { status: 'broken', how: `${how}: ${why}` }
  }
  const broken = results.find(({ status }) => status === 'failed')
  if (broken) return { status: 'broken', how: `${relative(root, broken.name)}: ${broken.message}` }
  const names = tests.filter(({ status }) => status === 'passed').map(({ file, fullName: name }) => ({ file, name }))
  return { status: 'passed', how: `${names.length} tests passed`, names }
}

/** In a process group of its own, so that nothing that the tests have started outlives them. */
async function spawned(
  root: string,
  args: readonly string[],
  { signal, timeoutMs }: Limits,
): Promise<{ readonly hung: boolean; readonly said: string }> {
  const preload = pathToFileURL(join(import.meta.dirname, 'no-shrinking.ts')).href
  const env = { ...process.env, NODE_OPTIONS: `--import ${preload}`, FORCE_COLOR: '0' }
  const child = spawn(process.execPath, [VITEST, ...args], { cwd: root, env, detached: true })
  let said = ''
  const listen = (chunk: Buffer) => {
    said = (said + chunk).slice(-10_000)
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  let hung = false
  let forced: NodeJS.Timeout | undefined
  const end = () => {
    send(child, 'SIGTERM')
    forced ??= setTimeout(() => send(child, 'SIGKILL'), LEAVE_WITHIN_MS)
  }
  const timer = setTimeout(() => {
    hung = true
    end()
  }, timeoutMs)
  signal.addEventListener('abort', end)
  if (signal.aborted) end()
  await new Promise((resolve) => child.once('close', resolve))
  clearTimeout(timer)
  clearTimeout(forced)
  signal.removeEventListener('abort', end)
  send(child, 'SIGKILL')
  return { hung, said }
}

function send({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // The group is gone already.
  }
}
