import { readFileSync } from 'node:fs'

const EVERY_MS = 100

/** Watches how much memory a process has in use, where the system tells (Linux). */
export function watchMemory(pid: number): { end(): number | undefined } {
  let most: number | undefined
  const look = (): void => {
    const bytes = residentBytes(pid)
    if (bytes !== undefined) most = Math.max(most ?? 0, bytes)
  }
  look()
  const timer = setInterval(look, EVERY_MS)
  return {
    end: () => {
      look()
      clearInterval(timer)
      return most
    },
  }
}

function residentBytes(pid: number): number | undefined {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
  } catch {
    return undefined
  }
}
