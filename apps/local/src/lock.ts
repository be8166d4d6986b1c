import { readFileSync, rmSync } from 'node:fs'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { Failure } from './failure.ts'

const Holder = z.object({ pid: z.number().int().positive(), startedAt: z.string() })
type Holder = z.infer<typeof Holder>

export type Lock = {
  /** Whether the holder before was killed, and its children may still be ending. */
  readonly leftBehind: boolean
  release(): void
}

/**
 * Takes the folder for this process, so that two starts never share a database and a stand-in.
 * The lock of a process that is gone is taken over.
 */
export async function takeLock(path: string): Promise<Lock> {
  const own: Holder = { pid: process.pid, startedAt: startOf(process.pid) ?? '' }
  const aside = `${path}.${process.pid}`
  let leftBehind = false
  await writeFile(aside, JSON.stringify(own), { mode: 0o600 })
  try {
    for (;;) {
      // A link appears with its content, and fails where one is there already.
      const taken = await link(aside, path).then(
        () => true,
        () => false,
      )
      if (taken) return { leftBehind, release: () => rmSync(path, { force: true }) }
      const holder = await readHolder(path)
      if (holder !== undefined && isAlive(holder)) {
        throw new Failure(
          `Roomlog is already running from this folder (pid ${holder.pid}; its lock is ${path}).\nStop it first with Ctrl-C in its terminal, or: kill ${holder.pid}`,
        )
      }
      leftBehind = true
      await rm(path, { force: true })
    }
  } finally {
    await rm(aside, { force: true })
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return Holder.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    return undefined
  }
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    // EPERM: it lives, under another user.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  // The number may have been given to another process since: that one started at another time.
  return (startOf(holder.pid) ?? '') === holder.startedAt
}

/** When a process started, as the kernel counts it; undefined where there is no /proc. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Field 22; the second field is a name in brackets that may hold spaces.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
