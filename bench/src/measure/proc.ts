import { readdirSync, readFileSync } from 'node:fs'

/** Ticks of the kernel's accounting in a second; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100

export type Stat = {
  readonly pid: number
  readonly parent: number
  /** User and system time, s. */
  readonly ownSeconds: number
  /** Of children that ended and were waited for. */
  readonly endedChildrenSeconds: number
}

/** One process, from the line in `/proc/<pid>/stat`. */
export function parseStat(line: string): Stat {
  // The name may hold spaces and parentheses; what follows the last one does not.
  const end = line.lastIndexOf(')')
  const fields = line.slice(end + 2).split(' ')
  const at = (field: number) => Number(fields[field - 3])
  return {
    pid: Number(line.slice(0, line.indexOf(' '))),
    parent: at(4),
    ownSeconds: (at(14) + at(15)) / TICKS_PER_SECOND,
    endedChildrenSeconds: (at(16) + at(17)) / TICKS_PER_SECOND,
  }
}

/** CPU (user and system) that a process has used since its start, s. */
export function cpuSecondsOf(pid: number): number {
  return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')).ownSeconds
}

/** The same of a process and all its children, those included that have ended. */
export function treeCpuSeconds(root: number): number {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap(statOf)
  const own = all.find(({ pid }) => pid === root)
  if (!own) throw new Error(`process ${root} is gone`)
  const living = all.filter(({ parent }) => parent === root)
  return living.reduce((sum, { ownSeconds }) => sum + ownSeconds, own.ownSeconds + own.endedChildrenSeconds)
}

/** Most memory that a process has had resident, MB (of 1,000,000 bytes). */
export function peakMemoryMb(pid: number): number {
  return memoryMb(pid, 'VmHWM')
}

/** Memory that a process has resident now, MB. */
export function residentMb(pid: number): number {
  return memoryMb(pid, 'VmRSS')
}

/** Why nothing can be measured here, if so. */
export function unmeasurable(): string | undefined {
  if (process.platform === 'linux') return undefined
  return `The benchmark reads the kernel's accounting in /proc, which ${process.platform} does not have: run it on Linux.`
}

function memoryMb(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  const [, kib] = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return (Number(kib) * 1024) / 1_000_000
}

function statOf(pid: string): Stat[] {
  try {
    return [parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))]
  } catch {
    // It ended between the listing and the reading.
    return []
  }
}
