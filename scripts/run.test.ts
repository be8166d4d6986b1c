import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const FETCHED = '22.23.2'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'roomlog-run-'))
  await mkdir(join(root, 'scripts'))
  await copyFile(join(import.meta.dirname, 'run.mjs'), join(root, 'scripts', 'run.mjs'))
  await giveNpm(FETCHED)
})
afterEach(() => rm(root, { recursive: true }))

/** An npm that installs a program which says that it is Node of this version, and notes that it was asked. */
async function giveNpm(saysVersion: string, exitCode = 0): Promise<void> {
  const program = `#!/bin/sh
echo "$@" >> "${root}/asked"
for wanted in "$@"; do :; done
folder="$3/node_modules/\${wanted%@*}/bin"
mkdir -p "$folder"
printf '#!/bin/sh\\necho v${saysVersion}\\n' > "$folder/node"
chmod 755 "$folder/node"
exit ${exitCode}
`
  await mkdir(join(root, 'bin'), { recursive: true })
  await writeFile(join(root, 'bin', 'npm'), program)
  await chmod(join(root, 'bin', 'npm'), 0o755)
}

type Answer = { readonly code: unknown; readonly stdout: string; readonly stderr: string }

/** `node scripts/run.mjs path` on a machine whose Node has that version. */
function path(version: string, ...args: string[]): Promise<Answer> {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
  const preload = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`]
  const env = { ...process.env, PATH: [join(root, 'bin'), process.env['PATH']].join(delimiter) }
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...preload, join(root, 'scripts', 'run.mjs'), 'path', ...args],
      { env },
      (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }),
    )
  })
}

const asked = async () => (await readFile(join(root, 'asked'), 'utf8').catch(() => '')).split('\n').slice(0, -1)
const kept = () => readdir(join(root, '.node')).catch(() => [])

describe.skipIf(process.platform === 'win32')('a machine whose Node is too old', () => {
  test('gets one of its own, once, and is told so in one line', async () => {
    const folder = join(root, '.node', FETCHED, 'bin')
    const first = await path('20.20.2')
    expect(first).toMatchObject({ code: 0, stdout: `${folder}\n` })
    const again = await path('18.0.0')
    expect(again).toEqual({
      code: 0,
      stdout: `${folder}\n`,
      stderr: expect.stringMatching(
        /^Roomlog needs Node 22\.18 or newer; this is Node 18\.0\.0\. Using Node 22\.23\.2 .*\n$/,
      ),
    })
    expect(await asked()).toEqual([expect.stringMatching(/ --ignore-scripts .* node-[a-z0-9-]+@22\.23\.2$/)])
    expect(await kept()).toEqual([FETCHED])
  })

  test('gets the same, whole, however many ask at once', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => path('20.20.2')))
    expect(new Set(answers.map(({ code, stdout }) => `${code} ${stdout}`)).size).toBe(1)
    expect(answers[0]?.code).toBe(0)
    expect(await kept()).toEqual([FETCHED])
  })

  test('is told where to get it when npm cannot, and keeps nothing that is not whole', async () => {
    await giveNpm(FETCHED, 1)
    expect(await path('20.20.2')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('https://nodejs.org'),
    })
    await giveNpm('0.0.1')
    expect(await path('20.20.2')).toMatchObject({ code: 1, stderr: expect.stringContaining('does not run here') })
    expect(await kept()).toEqual([])
  })

  test('is told so when its npm is too old for that as well', async () => {
    expect(await path('16.20.0')).toMatchObject({ code: 1, stderr: expect.stringContaining('https://nodejs.org') })
    expect(await asked()).toEqual([])
  })
})

describe.skipIf(process.platform === 'win32')('a machine whose Node is new enough', () => {
  test.each(['22.18.0', '24.0.0'])('uses its own %s', async (version) => {
    expect(await path(version)).toEqual({ code: 0, stdout: `${dirname(process.execPath)}\n`, stderr: '' })
    expect(await asked()).toEqual([])
  })

  test('gets the very version that CI asks for', async () => {
    await giveNpm('24.21.0')
    expect(await path('22.18.0', '24.21.0')).toMatchObject({ stdout: `${join(root, '.node', '24.21.0', 'bin')}\n` })
    expect(await path('24.21.0', '24.21.0')).toMatchObject({ stdout: `${dirname(process.execPath)}\n` })
  })
})
