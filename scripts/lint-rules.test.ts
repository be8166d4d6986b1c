import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'

// Each snippet is put where it says, under the repository's own rules; one run of the linter judges them all.
const forbidden: readonly [promise: string, path: string, code: string][] = [
  ['domain imports nothing of the workspace', 'packages/domain/src/a.ts', "import { x } from '@roomlog/db'"],
  ['domain reads no files', 'packages/domain/src/b.ts', "import { x } from 'node:fs'"],
  ['domain reads no files, by promise either', 'packages/domain/src/c.ts', "import { x } from 'node:fs/promises'"],
  ['domain opens no sockets', 'packages/domain/src/d.ts', "import { x } from 'node:net'"],
  ['domain starts no processes', 'packages/domain/src/e.ts', "import { x } from 'node:child_process'"],
  ['domain imports no timers', 'packages/domain/src/f.ts', "import { x } from 'node:timers/promises'"],
  [
    'domain draws no randomness by import',
    'packages/domain/src/g.ts',
    "import { randomBytes as x } from 'node:crypto'",
  ],
  ['domain draws no randomness by global', 'packages/domain/src/h.ts', 'export const x = crypto.randomUUID()'],
  ['domain reads no clock', 'packages/domain/src/i.ts', 'export const x = Date.now()'],
  ['domain sets no timers', 'packages/domain/src/j.ts', 'setTimeout(() => {}, 1)'],
  ['domain knows no process', 'packages/domain/src/k.ts', 'export const x = process.pid'],
  ['journal does not import db', 'packages/journal/src/a.ts', "import { x } from '@roomlog/db'"],
  ['journal does not import sinks', 'packages/journal/src/b.ts', "import { x } from '@roomlog/sinks/s3'"],
  ['sinks do not import journal', 'packages/sinks/src/a.ts', "import { x } from '@roomlog/journal'"],
  ['sinks do not import db by a subpath', 'packages/sinks/src/b.ts', "import { x } from '@roomlog/db/migrate'"],
  ['db stands alone', 'prisma/src/a.ts', "import { x } from '@roomlog/journal'"],
  ['local-aws stands alone', 'packages/local-aws/src/a.ts', "import { x } from '@roomlog/domain'"],
  ['client does not import db', 'packages/client/src/a.ts', "import { x } from '@roomlog/db'"],
  ['client does not import journal', 'packages/client/src/b.ts', "import { x } from '@roomlog/journal'"],
  [
    'client does not import sinks, types neither',
    'packages/client/src/c.ts',
    "import type { x } from '@roomlog/sinks'",
  ],
  ['client does not import api, types neither', 'packages/client/src/d.ts', "import type { x } from '@roomlog/api'"],
  ['client knows no AWS', 'packages/client/src/i.ts', "import { x } from '@aws-sdk/client-s3'"],
  ['api does not import writer', 'apps/api/src/a.ts', "import { x } from '@roomlog/writer'"],
  ['api does not import the stand-in', 'apps/api/src/b.ts', "import { x } from '@roomlog/local-aws'"],
  ['an operation writes no SQL', 'apps/api/src/operations/room/a.ts', "import type { x } from 'pg'"],
  ['an operation does not use Prisma', 'apps/api/src/operations/room/b.ts', "import type { x } from '@roomlog/db'"],
  [
    'rows of a pool are parsed',
    'apps/api/src/e.ts',
    "export const x = () => pool.query<{ id: string }>('select 1', [1])",
  ],
  ['rows of Prisma are parsed', 'apps/api/src/store/a.ts', 'export const x = () => db.$queryRaw<Row[]>`select 1`'],
  [
    'rows of unsafe SQL are parsed',
    'apps/api/src/store/b.ts',
    "export const x = () => db.$queryRawUnsafe<Row[]>('select 1')",
  ],
  ['writer does not import api, types neither', 'apps/writer/src/a.ts', "import type { x } from '@roomlog/api'"],
  ['local starts api, never imports it', 'apps/local/src/a.ts', "import { x } from '@roomlog/api'"],
  ['local starts writer, never imports it', 'apps/local/src/b.ts', "import { x } from '@roomlog/writer'"],
  ['a package is not reached by a path', 'apps/api/src/c.ts', "import { x } from '../../../packages/domain/src/a.ts'"],
  ['a sibling is not reached by a path', 'packages/sinks/src/c.ts', "import { x } from '../../journal/src/a.ts'"],
  ['packages read no environment', 'packages/journal/src/c.ts', 'export const x = process.env.HOME'],
  ['apps read the environment in one place', 'apps/api/src/d.ts', 'export const x = process.env.HOME'],
  ['packages read no clock', 'packages/journal/src/d.ts', 'export const x = Date.now()'],
  ['a clock is not handed on by name', 'packages/sinks/src/d.ts', 'export const x = { now: Date.now }'],
  ['packages make no date of now', 'prisma/src/b.ts', 'export const x = new Date()'],
  ['packages draw no randomness', 'packages/sinks/src/e.ts', 'export const x = Math.random()'],
  ['the pipeline sets no timers', 'apps/writer/src/c.ts', 'export const x = setTimeout(() => {}, 1)'],
  ['the pipeline sets no intervals', 'apps/writer/src/d.ts', 'setInterval(() => {}, 1)'],
  ['the pipeline imports no timers', 'apps/writer/src/b.ts', "import { setTimeout as x } from 'node:timers/promises'"],
  ['no any', 'packages/sinks/src/f.ts', 'export let x: any'],
  ['no non-null assertions', 'packages/sinks/src/g.ts', 'export const x = [1][0]!'],
  ['no casts', 'packages/sinks/src/h.ts', 'export const x = JSON.parse("1") as number'],
  ['no casts to const by way of another', 'packages/sinks/src/i.ts', 'export const x = (1 as unknown) as const'],
  ['no casts by angle brackets', 'packages/sinks/src/j.ts', 'export const x = <number>JSON.parse("1")'],
  ['no casts in tests', 'packages/sinks/src/k.test.ts', 'export const x = JSON.parse("1") as number'],
  ['no console', 'packages/sinks/src/l.ts', 'console.log(1)'],
]

const allowed: readonly [promise: string, path: string, code: string][] = [
  [
    'domain may hash',
    'packages/domain/src/z.ts',
    "import { createHash } from 'node:crypto'\nexport const x = createHash",
  ],
  ['journal may import domain', 'packages/journal/src/z.ts', "import { x } from '@roomlog/domain'\nexport const y = x"],
  ['a test of journal may import db', 'packages/journal/src/z.test.ts', "import { x } from '@roomlog/db'\nx()"],
  [
    'api may take the type of the router from the client',
    'apps/api/src/y.ts',
    "import type { A } from '@roomlog/client'\nexport type B = A",
  ],
  [
    'api may import db and journal',
    'apps/api/src/z.ts',
    "import { x } from '@roomlog/db/migrate'\nimport { y } from '@roomlog/journal'\nexport const z = [x, y]",
  ],
  [
    'the store asks without saying what the rows are',
    'apps/api/src/store/z.ts',
    "import type pg from 'pg'\nexport const x = (pool: pg.Pool) => pool.query('select 1', [1])",
  ],
  [
    'writer may import a single sink',
    'apps/writer/src/z.ts',
    "import { x } from '@roomlog/sinks/s3'\nexport const z = x",
  ],
  ['an app reads the environment in env.ts', 'apps/api/src/env.ts', 'export const x = process.env.HOME'],
  [
    'the system clock reads the clock',
    'apps/writer/src/system-clock.ts',
    "import { setTimeout as x } from 'node:timers/promises'\nexport const y = [x, Date.now]",
  ],
  ['main.ts has the clock and the console', 'apps/writer/src/main.ts', 'console.log(Date.now())'],
  ['a date of a given time', 'packages/sinks/src/y.ts', 'export const x = (ms: number) => new Date(ms)'],
  ['as const and satisfies', 'packages/sinks/src/x.ts', 'export const x = [1] as const satisfies number[]'],
  ['a renamed import is no cast', 'packages/sinks/src/w.ts', "import { a as b } from './y.ts'\nexport const x = b"],
  [
    'a cast with its guarantee',
    'packages/sinks/src/v.ts',
    '// biome-ignore lint/plugin/no-casts: checked by the caller\nexport const x = JSON.parse("1") as number',
  ],
]

describe('lint rules', () => {
  let folder = ''
  let flagged: ReadonlySet<string> = new Set()

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'roomlog-lint-'))
    flagged = await filesWithErrors(folder, [...forbidden, ...allowed])
  }, 20_000)

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each(forbidden)('%s', (_, path) => {
    expect(flagged).toContain(path)
  })

  it.each(allowed)('%s', (_, path) => {
    expect(flagged).not.toContain(path)
  })
})

// What flags a snippet has to be one of these, not some other complaint about a made-up line.
const RULES = [
  'plugin',
  'lint/style/noNonNullAssertion',
  'lint/style/noProcessEnv',
  'lint/style/noRestrictedGlobals',
  'lint/style/noRestrictedImports',
  'lint/suspicious/noConsole',
  'lint/suspicious/noExplicitAny',
]

const Report = z.object({
  diagnostics: z.array(
    z.object({ severity: z.string(), category: z.string(), location: z.object({ path: z.string() }).nullable() }),
  ),
})

async function filesWithErrors(folder: string, snippets: typeof forbidden): Promise<ReadonlySet<string>> {
  const root = join(import.meta.dirname, '..')
  const config = z.looseObject({}).parse(JSON.parse(await readFile(join(root, 'biome.json'), 'utf8')))
  // The temporary folder is no git repository.
  await writeFile(join(folder, 'biome.json'), JSON.stringify({ ...config, vcs: { enabled: false } }))
  await cp(join(root, 'scripts/lint'), join(folder, 'scripts/lint'), { recursive: true })
  for (const [, path, code] of snippets) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), `${code}\n`)
  }
  const { stdout } = await promisify(execFile)(
    join(root, 'node_modules/.bin/biome'),
    ['lint', '--reporter=json', '--max-diagnostics=none', '.'],
    { cwd: folder, maxBuffer: 64 * 1024 * 1024 },
  ).catch((error: unknown) => z.object({ stdout: z.string() }).parse(error))
  const { diagnostics } = Report.parse(JSON.parse(stdout))
  const errors = diagnostics.filter((d) => d.severity === 'error' && RULES.includes(d.category))
  return new Set(errors.map((d) => d.location?.path ?? ''))
}
