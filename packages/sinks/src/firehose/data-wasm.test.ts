import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import wabt from 'wabt'

test('the WebAssembly in the sources is what data.wat assembles to (vitest -u writes it anew)', async () => {
  const source = await readFile(new URL('data.wat', import.meta.url), 'utf8')
  const { parseWat } = await wabt()
  const base64 = Buffer.from(parseWat('data.wat', source).toBinary({}).buffer).toString('base64')
  const file = `/** \`data.wat\`, assembled. */\nexport const DATA_WASM =\n  '${base64}'\n`
  await expect(file).toMatchFileSnapshot('data-wasm.ts')
})
