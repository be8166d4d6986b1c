import { spawnSync } from 'node:child_process'
import { userInfo } from 'node:os'
import { EmbeddedPostgresError } from './error.ts'

// The environment is ours alone: PGDATA, PGPORT and the like of another project must not reach this server.
export const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' }

/** As whom Postgres runs; it refuses to run as root. */
export type Identity = {
  /** Put before the command. */
  readonly prefix: readonly string[]
  readonly spawn: { readonly uid?: number; readonly gid?: number }
  /** Owner that the data must have; undefined leaves it to whoever we are. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined
}

/**
 * An ordinary user runs it directly. Root becomes `nobody`, or, where `nobody` cannot reach the binaries or the folder
 * (one under a 0700 home, say), stays itself under another number in a user namespace; so does a user without a name,
 * as containers have them, whom Postgres refuses too.
 */
export function chooseIdentity(binary: string, folder: string): Identity {
  const nobody = { uid: idOf('-u'), gid: idOf('-g') }
  const isRoot = process.getuid?.() === 0
  if (!isRoot && hasName()) return { prefix: [], spawn: {}, owner: undefined }

  const mapped: Identity = {
    prefix: ['unshare', '--user', `--map-user=${nobody.uid}`, `--map-group=${nobody.gid}`, '--'],
    spawn: {},
    owner: isRoot ? { uid: 0, gid: 0 } : undefined,
  }
  const candidates: readonly Identity[] = isRoot ? [{ prefix: [], spawn: nobody, owner: nobody }, mapped] : [mapped]
  const refusals: string[] = []
  for (const identity of candidates) {
    const refusal = tryOut(identity, binary, folder)
    if (refusal === undefined) return identity
    refusals.push(refusal)
  }
  const [first = '', second = ''] = refusals
  throw new EmbeddedPostgresError(
    'needs-another-user',
    isRoot
      ? `Postgres does not run as root, the user "nobody" cannot use ${folder} or ${binary} (${first}), and a user namespace is not available (${second}). ` +
          'Run as an ordinary user, move to a folder that every user may enter, or use a PostgreSQL of your own.'
      : `Postgres does not run as a user without a name (uid ${process.getuid?.()}), and a user namespace is not available (${first}). ` +
          'Run as a user that /etc/passwd knows, or use a PostgreSQL of your own.',
  )
}

/** The command line that runs `command` under the identity. */
export function commandOf(identity: Identity, command: readonly [string, ...string[]]): readonly [string, string[]] {
  const [file = command[0], ...args] = [...identity.prefix, ...command]
  return [file, args]
}

function hasName(): boolean {
  try {
    return userInfo().username !== ''
  } catch {
    return false
  }
}

function idOf(flag: '-u' | '-g'): number {
  const found = spawnSync('id', [flag, 'nobody'], { encoding: 'utf8', env: ENVIRONMENT })
  return found.status === 0 ? Number(found.stdout) : 65534
}

function tryOut(identity: Identity, binary: string, folder: string): string | undefined {
  const [file, args] = commandOf(identity, ['/bin/sh', '-c', 'cd "$2" && "$1" --version', 'sh', binary, folder])
  const tried = spawnSync(file, args, { encoding: 'utf8', env: ENVIRONMENT, cwd: '/', ...identity.spawn })
  if (tried.status === 0) return undefined
  return (tried.error?.message ?? tried.stderr).trim().split('\n').at(-1) ?? 'no reason given'
}
