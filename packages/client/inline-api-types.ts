// Last step of the build: puts the declarations of the api's router beside ours, so that the published package needs no api.
// They may name the packages that we depend on and nothing else: no Prisma, Fastify or AWS type can slip through.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const from = join(here, '..', '..', 'apps', 'api', 'dist')
const to = join(here, 'dist', 'api')
const manifest: { readonly dependencies: object } = JSON.parse(await readFile(join(here, 'package.json'), 'utf8'))
const allowed = new Set(Object.keys(manifest.dependencies))
const IMPORT = /(?:from\s+|import\(\s*|import\s+)(['"])([^'"]+)\1/g

await rm(to, { recursive: true, force: true })
await take('router.d.ts', new Set())
await pointAtCopy()

async function take(name: string, seen: Set<string>): Promise<void> {
  if (seen.has(name)) return
  seen.add(name)
  const text = (await readFile(join(from, name), 'utf8')).replace(/^\/\/# sourceMappingURL=.*$/m, '')
  for (const [, , specifier] of text.matchAll(IMPORT)) {
    if (specifier === undefined) continue
    if (specifier.startsWith('.')) {
      await take(join(dirname(name), specifier.replace(/(?<!\.d)\.[jt]s$/, '.d.ts')), seen)
    } else if (!allowed.has(specifier)) {
      throw new Error(
        `${name} of the api names ${specifier}, which users of the client do not have. Keep it out of the router's types.`,
      )
    }
  }
  await mkdir(dirname(join(to, name)), { recursive: true })
  await writeFile(join(to, name), text)
}

async function pointAtCopy(): Promise<void> {
  const dist = join(here, 'dist')
  for (const name of await readdir(dist)) {
    if (!name.endsWith('.d.ts')) continue
    const path = join(dist, name)
    const text = await readFile(path, 'utf8')
    const copy = `./${relative(dist, join(to, 'router.d.ts')).replace(/\.d\.ts$/, '.js')}`
    const pointed = text.replace(/(['"])@roomlog\/api\1/g, `'${copy}'`)
    if (pointed !== text) await writeFile(path, pointed)
  }
}
