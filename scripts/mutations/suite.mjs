import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from './copy.mjs'

const VITEST = join(dirname(createRequire(join(ROOT, 'package.json')).resolve('vitest/package.json')), 'vitest.mjs')
const LEAVE_WITHIN_MS = 10_000

// Of vitest (which throws a plain Error from `rejects` and `poll`), of fast-check, and of either when a promise is not kept
// in time.
const EXPECTED_FAILURE = /AssertionError|^Error: expected |instead of rejecting|Property failed|timed out/m

/**
 * Runs tests of the copy until the first fails.
 * `failed`: a test did, by what it asserts; `broken`: a file, a hook or a test did in another way, which says nothing of
 * the promise; `hung`: nothing ended in time.
 */
export async function runSuite({ root }, { project, files, test }, limits) {
  const report = join(root, 'report.json')
  rmSync(report, { force: true })
  const filter = test === undefined ? [] : ['--testNamePattern', test]
  const json = ['--reporter=json', `--outputFile=${report}`, '--bail=1']
  const words = await spawned(root, ['run', '--project', project, ...json, ...filter, ...files], limits)
  if (words.hung) return { status: 'hung', how: `nothing ended in ${limits.timeoutMs / 1_000} s` }
  return judgeReport(root, report, words.said)
}

function judgeReport(root, report, said) {
  let results
  try {
    results = JSON.parse(readFileSync(report, 'utf8')).testResults
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
async function spawned(root, args, { signal, timeoutMs }) {
  const preload = pathToFileURL(join(import.meta.dirname, 'no-shrinking.mjs')).href
  const env = { ...process.env, NODE_OPTIONS: `--import ${preload}`, FORCE_COLOR: '0' }
  const child = spawn(process.execPath, [VITEST, ...args], { cwd: root, env, detached: true })
  let said = ''
  const listen = (chunk) => {
    said = (said + chunk).slice(-10_000)
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  let hung = false
  let forced
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

function send({ pid }, signal) {
  try {
    process.kill(-pid, signal)
  } catch {
    // The group is gone already.
  }
}
