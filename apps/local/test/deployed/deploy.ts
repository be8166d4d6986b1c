import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { lstat, readdir, realpath, rename } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { baseEnvironment } from '../../src/environment.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/** Folder of a package: `node_modules/name` or `node_modules/@scope/name`. */
const PACKAGE = /\/node_modules\/((?:@[^/]+\/)?[^/.@][^/]*)$/

export type AppName = 'api' | 'writer'

/** Makes the output of `pnpm deploy` of an app, and moves it: nothing inside may say where it was made. */
export async function deploy(app: AppName, folder: string): Promise<string> {
  if (!existsSync(join(ROOT, 'apps', app, 'dist', 'main.js'))) {
    throw new Error(`apps/${app}/dist is missing: run pnpm build first`)
  }
  const made = join(folder, `made-${app}`)
  await pnpm([
    '--filter',
    `@roomlog/${app}`,
    'deploy',
    '--prod',
    '--prefer-offline',
    '--config.inject-workspace-packages=true',
    // Not hard links to the workspace, whose next build would change what was deployed.
    '--config.package-import-method=copy',
    made,
  ])
  const moved = join(folder, app)
  await rename(made, moved)
  return moved
}

export type Output = {
  readonly bytes: number
  /** Packages by name. */
  readonly packages: ReadonlySet<string>
  /** Links that lead out of the output, or nowhere. */
  readonly strayLinks: readonly string[]
}

/** Looks through a deployed folder. */
export async function inspect(folder: string): Promise<Output> {
  const inside = (await realpath(folder)) + sep
  const packages = new Set<string>()
  const strayLinks: string[] = []
  let bytes = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const name = PACKAGE.exec(path)?.[1]
    if (name !== undefined) packages.add(name)
    if (entry.isFile()) bytes += (await lstat(path)).size
    if (!entry.isSymbolicLink()) continue
    const target = await realpath(path).catch(() => '')
    if (!target.startsWith(inside)) strayLinks.push(path)
  }
  return { bytes, packages, strayLinks }
}

async function pnpm(args: readonly string[]): Promise<void> {
  const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const spareHome = join(ROOT, 'node_modules', '.home')
  const child = spawn('npx', ['--yes', '--prefer-offline', String(packageManager), ...args], {
    cwd: ROOT,
    // Where the installation kept its store when the user's own home could not be written.
    env: { ...baseEnvironment(process.env), ...(existsSync(spareHome) ? { HOME: spareHome } : {}), CI: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  if (code !== 0) throw new Error(`pnpm ${args.join(' ')} ended with ${code}:\n${output}`)
}
