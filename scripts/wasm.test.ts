import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import wabt from 'wabt'

const PACKAGES = resolve(import.meta.dirname, '../packages')

const sources = readdirSync(PACKAGES)
  .map((name) => join(PACKAGES, name, 'src'))
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)))
  .filter((path) => path.endsWith('.wat'))

test.each(sources)(
  'the WebAssembly in the sources is what %s assembles to (vitest -u writes it anew)',
  async (path) => {
    const { parseWat } = await wabt()
    const name = basename(path, '.wat')
    const base64 = Buffer.from(parseWat(path, readFileSync(path, 'utf8')).toBinary({}).buffer).toString('base64')
    const file = `/** \`${name}.wat\`, assembled. */\nexport const ${name.toUpperCase()}_WASM =\n  '${base64}'\n`
    await expect(file).toMatchFileSnapshot(path.replace(/\.wat$/, '-wasm.ts'))
  },
)

test('modules are found', () => {
  expect(sources.map((path) => basename(path))).toContain('events.wat')
})
