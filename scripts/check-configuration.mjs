#!/usr/bin/env node
// docs/configuration.md names every variable that the apps and the stand-in read, and none that nobody reads.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const read = (path) => readFileSync(join(root, path), 'utf8')

// Where each process reads its environment: keys of one schema.
const sources = [
  'apps/api/src/env.ts',
  'apps/writer/src/env.ts',
  'apps/local/src/env.ts',
  'packages/local-aws/src/main.ts',
]
const variables = sources.flatMap((path) => [...read(path).matchAll(/^\s+([A-Z][A-Z0-9_]+): /gm)].map((m) => m[1]))
const rates = [...read('apps/api/src/limits/rates.ts').matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(
  (m) => `ROOMLOG_RATE_${m[1]}`,
)

const known = new Set([...variables, ...rates])
const documented = new Set([...read('docs/configuration.md').matchAll(/`([A-Z][A-Z0-9_]{3,})`/g)].map((m) => m[1]))
const undocumented = [...known].filter((name) => !documented.has(name))
const unread = [...documented].filter((name) => /^(?:ROOMLOG|LOCAL_AWS)_[A-Z]/.test(name) && !known.has(name))

for (const name of undocumented) console.error(`docs/configuration.md does not name ${name}`)
for (const name of unread) console.error(`docs/configuration.md names ${name}, which nothing reads`)
console.log(`${known.size} variables, ${undocumented.length + unread.length} out of step with the docs`)
process.exitCode = undocumented.length + unread.length > 0 ? 1 : 0
