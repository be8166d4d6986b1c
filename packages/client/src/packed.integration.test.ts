import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
const consumer = mkdtempSync(join(tmpdir(), 'roomlog-client-'))

const OPTIONS = {
  target: 'ES2022',
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  // What tRPC's own types need.
  lib: ['ES2023', 'ESNext.Disposable', 'DOM'],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
}

const USES = `
import { createRoomlogClient, isRoomlogError, type RoomlogOutputs } from '@roomlog/client'

const roomlog = createRoomlogClient({ url: 'http://127.0.0.1:1', accessKey: { accessKeyId: 'a', secretAccessKey: 'b' } })
export async function uses(): Promise<string | undefined> {
  const room: RoomlogOutputs['room']['create'] = await roomlog.room.create.mutate({ name: 'launch' })
  const { results } = await roomlog.chat.sendMessages.mutate({
    messages: [{ roomIdentifier: room.arn, sender: { userId: 'ann' }, content: 'Hello' }],
  })
  const [first] = results
  if (first && 'error' in first) return first.error.message
  try {
    const { loggingConfigurations } = await roomlog.delivery.status.query({})
    return loggingConfigurations[0]?.lastError
  } catch (error) {
    if (isRoomlogError(error) && error.data.ivs.name === 'ThrottlingException') return String(error.data.ivs.limit)
    throw error
  }
}
`

// Each line must be refused, so that the types are known to be there, and not \`any\`.
const MISUSES = `
import { createRoomlogClient, isRoomlogError, type RoomlogOutputs } from '@roomlog/client'

declare const roomlog: ReturnType<typeof createRoomlogClient>
declare const error: unknown
// @ts-expect-error a message needs a sender
roomlog.chat.sendMessage.mutate({ roomIdentifier: 'arn', content: 'Hello' })
// @ts-expect-error there is no such procedure
roomlog.room.destroy.mutate({ identifier: 'arn' })
// @ts-expect-error a get is a query
roomlog.room.get.mutate({ identifier: 'arn' })
// @ts-expect-error a number is no name
roomlog.room.create.mutate({ name: 1 })
// @ts-expect-error times are strings
export const time: RoomlogOutputs['room']['get']['createTime'] = new Date()
// @ts-expect-error there is no such error
if (isRoomlogError(error)) error.data.ivs.name === 'NoSuchException'
`

beforeAll(async () => {
  const packed = join(consumer, 'packed')
  mkdirSync(packed)
  for (const name of ['domain', 'client'])
    await run('npx', [...(await pnpm()), 'pack', '--pack-destination', packed], join(ROOT, 'packages', name))
  const dependencies = Object.fromEntries(
    readdirSync(packed).map((file) => [file.replace(/^roomlog-(.*)-[0-9].*$/, '@roomlog/$1'), `file:packed/${file}`]),
  )
  write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module', dependencies }))
  write('tsconfig.json', JSON.stringify({ compilerOptions: OPTIONS, files: ['uses.ts', 'misuses.ts'] }))
  write('uses.ts', USES)
  write('misuses.ts', MISUSES)
  await run(
    'npm',
    ['install', '--prefer-offline', '--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund'],
    consumer,
  )
}, 120_000)

afterAll(() => rmSync(consumer, { recursive: true, force: true }))

test('no package of the server comes along', () => {
  const installed = readdirSync(join(consumer, 'node_modules'))
  expect(installed).toEqual(expect.arrayContaining(['@roomlog', '@trpc']))
  expect(installed.filter((name) => /prisma|fastify|aws|smithy|^pg/.test(name))).toEqual([])
  expect(readdirSync(join(consumer, 'node_modules', '@roomlog')).sort()).toEqual(['client', 'domain'])
})

test('the packed types stand alone: right uses pass, wrong ones do not', async () => {
  await run(process.execPath, [TSC, '-p', 'tsconfig.json'], consumer)
})

test('the packed code runs, and a network that fails is told from a refusal', async () => {
  write(
    'run.mjs',
    `import { createRoomlogClient, isRoomlogError } from '@roomlog/client'
     const roomlog = createRoomlogClient({ url: 'http://127.0.0.1:1', accessKey: { accessKeyId: 'a', secretAccessKey: 'b' } })
     await roomlog.room.list.query({}).catch((error) => console.log(isRoomlogError(error)))`,
  )
  expect((await run(process.execPath, ['run.mjs'], consumer)).trim()).toBe('false')
})

function write(name: string, text: string): void {
  writeFileSync(join(consumer, name), text)
}

/** How to run the workspace's own pnpm with npx; the build must be there to be packed. */
async function pnpm(): Promise<string[]> {
  if (!existsSync(join(ROOT, 'packages', 'client', 'dist'))) throw new Error('run pnpm build first')
  const { packageManager } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  return ['-y', String(packageManager)]
}

async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    return (await promisify(execFile)(program, args, { cwd })).stdout
  } catch (error) {
    const said =
      error instanceof Error && 'stdout' in error && 'stderr' in error ? `${error.stdout}${error.stderr}` : ''
    throw new Error(`${program} ${args.join(' ')} failed:\n${said}`, { cause: error })
  }
}
