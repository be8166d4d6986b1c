import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const IMPORT = /^(?:import|export)\s+(?!type\s)(?:[\w\s{},*]+?\sfrom\s+)?'([^']+)'/gm
const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))

/** Every source file of the workspace that the writer loads. */
function loaded(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    if (specifier.startsWith('.')) loaded(resolve(dirname(file), specifier), seen)
    else if (specifier.startsWith('@roomlog/')) loaded(fileURLToPath(import.meta.resolve(specifier)), seen)
  }
  return seen
}

it('the writer never loads a record parser: bytes go from journal to destination as they came', () => {
  const files = loaded(MAIN)
  expect([...files].some((file) => file.includes('/packages/journal/src/'))).toBe(true)
  expect([...files].some((file) => file.includes('/packages/sinks/src/s3/'))).toBe(true)
  // What the services answer is parsed, in one place; nothing of a record is in it but what CloudWatch Logs is asked to show.
  const parsing = [...files].filter((file) => readFileSync(file, 'utf8').includes('JSON.parse'))
  expect(parsing.map((file) => file.slice(file.indexOf('/packages/')))).toEqual(['/packages/sinks/src/answer.ts'])
})
