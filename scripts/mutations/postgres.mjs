import { createRequire } from 'node:module'
import { join } from 'node:path'
import { ROOT } from './copy.mjs'

const SET_UP = 'packages/embedded-postgres/src/vitest-setup.ts'

/** One server for all runs: does once what vitest's set-up would do, and undo, for each. Answers how to stop it. */
export async function sharePostgres({ root }) {
  const vitest = createRequire(join(ROOT, 'package.json')).resolve('vitest/package.json')
  const { runnerImport } = await import(createRequire(vitest).resolve('vite'))
  const { module } = await runnerImport(join(root, SET_UP))
  return (await module.default()) ?? (() => {})
}
