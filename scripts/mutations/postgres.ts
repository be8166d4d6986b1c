import { createRequire } from 'node:module'
import { join } from 'node:path'
import { z } from 'zod'
import { type Copy, ROOT } from './copy.ts'

const SET_UP = 'packages/embedded-postgres/src/vitest-setup.ts'

// What vitest itself loads its set-up with; it is no dependency of ours that could be imported by name.
const Vite = z.object({
  runnerImport: z.custom<(path: string) => Promise<unknown>>((value) => typeof value === 'function'),
})
const Loaded = z.object({
  module: z.object({
    default: z.custom<() => Promise<(() => unknown) | undefined>>((value) => typeof value === 'function'),
  }),
})

/** One server for all runs: does once what vitest's set-up would do, and undo, for each. Answers how to stop it. */
export async function sharePostgres({ root }: Copy): Promise<() => unknown> {
  const vitest = createRequire(join(ROOT, 'package.json')).resolve('vitest/package.json')
  const { runnerImport } = Vite.parse({ ...(await import(createRequire(vitest).resolve('vite'))) })
  const { module } = Loaded.parse(await runnerImport(join(root, SET_UP)))
  return (await module.default()) ?? (() => {})
}
