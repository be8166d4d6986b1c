/** Numbers from 0 up to 1. */
export type Random = () => number

/** A small seeded generator (mulberry32), so that a seed names a run's draws. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** One of several, each as likely as any other. */
export function pick<T>(random: Random, choices: readonly T[]): T | undefined {
  return choices[Math.floor(random() * choices.length)]
}

/** A whole number of milliseconds, both ends included. */
export function between(random: Random, fromMs: number, toMs: number): number {
  return fromMs + Math.floor(random() * (toMs - fromMs + 1))
}
