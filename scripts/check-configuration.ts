#!/usr/bin/env node
// docs/configuration.md names every variable that the apps and the stand-in read, and none that nobody reads. The same
// for the list by which api and writer tell a typo.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RATE_NAMES, VARIABLES } from '@roomlog/domain'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

// Where each process reads its environment: keys of one schema.
const sources = [
  'apps/api/src/env.ts',
  'apps/writer/src/env.ts',
  'apps/local/src/env.ts',
  'packages/local-aws/src/main.ts',
]
const variables = sources.flatMap((path) =>
  [...read(path).matchAll(/^\s+([A-Z][A-Z0-9_]+): /gm)].map(([, name = '']) => name),
)
const rates = RATE_NAMES.map((name) => `ROOMLOG_RATE_${name}`)

const known = new Set([...variables, ...rates])
const documented = new Set(
  [...read('docs/configuration.md').matchAll(/`([A-Z][A-Z0-9_]{3,})`/g)].map(([, name = '']) => name),
)
const undocumented = [...known].filter((name) => !documented.has(name))
const unread = [...documented].filter((name) => /^(?:ROOMLOG|LOCAL_AWS)_[A-Z]/.test(name) && !known.has(name))

for (const name of undocumented) console.error(`docs/configuration.md does not name ${name}`)
for (const name of unread) console.error(`docs/configuration.md names ${name}, which nothing reads`)

const LIST = 'packages/domain/src/variables.ts'
const ours = [...known].filter((name) => name.startsWith('ROOMLOG_'))
const listed = new Set<string>(VARIABLES)
const unlisted = ours.filter((name) => !listed.has(name))
const stale = [...listed].filter((name) => !known.has(name))
for (const name of unlisted) console.error(`${LIST} does not list ${name}`)
for (const name of stale) console.error(`${LIST} lists ${name}, which nothing reads`)

const faults = undocumented.length + unread.length + unlisted.length + stale.length
console.log(`${known.size} variables, ${faults} out of step with the docs or the list`)
process.exitCode = faults > 0 ? 1 : 0
