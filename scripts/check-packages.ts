#!/usr/bin/env node
// Checks each published package as it would leave: packed, then publint and attw on the tarball, then an import of every
// subpath from the unpacked files. Needs a build; needs no network.
import { execFile, execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { z } from 'zod'

const Names = z.record(z.string(), z.unknown()).optional()
const Manifest = z.looseObject({
  name: z.string(),
  private: z.boolean().optional(),
  exports: z.record(z.string(), z.unknown()).default({}),
  dependencies: Names,
  peerDependencies: Names,
})
type Manifest = z.output<typeof Manifest>
/** Of a command that failed. */
const Output = z.object({ stdout: z.string(), stderr: z.string(), killed: z.boolean().optional() })
type Package = { readonly folder: string; readonly manifest: Manifest }
type Packed = Package & { readonly tarball: string }

const root = join(import.meta.dirname, '..')
const run = promisify(execFile)
const work = mkdtempSync(join(tmpdir(), 'roomlog-packed-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))

const packages = [...foldersBelow('packages'), 'prisma'].map(read).filter(({ manifest }) => !manifest.private)
const unbuilt = packages.filter(({ folder }) => !existsSync(join(folder, 'dist')))
if (unbuilt.length > 0) {
  console.error(`Not built: ${unbuilt.map(({ manifest }) => manifest.name).join(', ')}. Run pnpm build first.`)
  process.exit(1)
}

const packed = await Promise.all(packages.map(async (each) => ({ ...each, tarball: await pack(each.folder) })))
const consumer = unpackAll(packed)
const results = await Promise.all(
  packed.map(async ({ manifest, tarball }) => ({ name: manifest.name, problems: await problemsOf(manifest, tarball) })),
)
for (const { name, problems } of results) {
  console.log(`${name}: ${problems.length === 0 ? 'ok' : `${problems.length} problems`}`)
  for (const problem of problems) console.error(`  ${problem}`)
}
process.exitCode = results.some(({ problems }) => problems.length > 0) ? 1 : 0

async function problemsOf(manifest: Manifest, tarball: string): Promise<readonly string[]> {
  const found = await Promise.all([lintProblems(tarball), typeProblems(tarball), importProblems(manifest)])
  return [...missingFields(manifest), ...leftovers(tarball), ...found.flat()]
}

async function pack(folder: string): Promise<string> {
  const out = mkdtempSync(join(work, 'tarball-'))
  await run('pnpm', ['pack', '--pack-destination', out], { cwd: folder })
  const [name = ''] = readdirSync(out)
  return join(out, name)
}

async function lintProblems(tarball: string): Promise<readonly string[]> {
  // In memory of its own, as publint wants it.
  const { buffer } = new Uint8Array(readFileSync(tarball))
  const { messages, pkg } = await publint({ pack: { tarball: buffer } })
  return messages
    .filter(({ type }) => type !== 'suggestion')
    .map((message) => `publint: ${formatMessage(message, pkg)}`)
}

// esm-only: require(esm) works on every Node that we support.
async function typeProblems(tarball: string): Promise<readonly string[]> {
  try {
    await run(join(root, 'node_modules/.bin/attw'), [tarball, '--profile', 'esm-only', '--format', 'ascii'])
    return []
  } catch (error) {
    const { stdout, stderr } = Output.parse(error)
    return [`attw: ${stdout}${stderr}`]
  }
}

// What must not be in a published package: tests, secrets, and versions that only this workspace understands.
function leftovers(tarball: string): readonly string[] {
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).split('\n')
  const manifest = execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' })
  return [
    ...files.filter((file) => /\.test\.|\.env|tsbuildinfo/.test(file)).map((file) => `${file} does not belong in it`),
    ...(/"(?:workspace|catalog):/.test(manifest) ? ['package.json still names workspace: or catalog: versions'] : []),
  ]
}

// A consumer's folder: the packed files, and of other packages only those that the packed manifest names.
function unpackAll(packed: readonly Packed[]): string {
  const folder = join(work, 'consumer')
  for (const { folder: source, manifest, tarball } of packed) {
    const target = join(folder, 'node_modules', manifest.name)
    mkdirSync(target, { recursive: true })
    execFileSync('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'])
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
      if (packed.some((other) => other.manifest.name === name)) continue
      mkdirSync(dirname(join(target, 'node_modules', name)), { recursive: true })
      symlinkSync(realpathSync(join(source, 'node_modules', name)), join(target, 'node_modules', name))
    }
  }
  return folder
}

// Importing does no work (no server, no client, no timer), so the process ends by itself; entry points are left out.
async function importProblems({ name, exports }: Manifest): Promise<readonly string[]> {
  const subpaths = Object.keys(exports).filter((subpath) => !/(?:main|package\.json)$/.test(subpath))
  const code = subpaths.map((subpath) => `await import('${name}${subpath.slice(1)}')`).join('\n')
  try {
    await run(process.execPath, ['--input-type=module', '-e', code], { cwd: consumer, timeout: 30_000 })
    return []
  } catch (error) {
    const { killed, stderr } = Output.parse(error)
    return [`import: ${killed ? 'does not end by itself' : stderr}`]
  }
}

function missingFields(manifest: Manifest): readonly string[] {
  const wanted = ['description', 'license', 'engines', 'files', 'exports']
  return wanted.filter((field) => manifest[field] === undefined).map((field) => `package.json has no ${field}`)
}

function foldersBelow(group: string): readonly string[] {
  return readdirSync(join(root, group)).map((name) => `${group}/${name}`)
}

function read(path: string): Package {
  const folder = join(root, path)
  return { folder, manifest: Manifest.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))) }
}
