import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import wabt from 'wabt'

test('the WebAssembly in the sources is what events.wat assembles to (vitest -u writes it anew)', async () => {
  const source = await readFile(new URL('events.wat', import.meta.url), 'utf8')
  const { parseWat } = await wabt()
  const base64 = Buffer.from(parseWat('events.wat', source).toBinary({}).buffer).toString('base64')
  const file = `/** \`events.wat\`, assembled. */\nexport const EVENTS_WASM =\n  '${base64}'\n`
  await expect(file).toMatchFileSnapshot('events-wasm.ts')
})
