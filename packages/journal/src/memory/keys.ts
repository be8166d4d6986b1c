import { IDEMPOTENCY_KEY_KEPT_MS } from '@roomlog/domain'
import { KEYS_FORGOTTEN_MAX, nameOf } from '../key-name.ts'
import type { KeyName, RecordKey } from '../port.ts'
import type { Clock, State, StoredKey } from './state.ts'

/** Those of these keys that are known, as they were first given. */
export function findKeys(state: State, clock: Clock, names: readonly KeyName[]): readonly RecordKey[] {
  return names.flatMap((name) => {
    const found = state.keys.get(nameOf(name))
    if (found === undefined || isOld(clock, found)) return []
    const { createdAtMs: _, ...key } = found
    return [key]
  })
}

/** Keys that are not known, or old: those are replaced. */
export function addKeys(state: State, clock: Clock, keys: readonly RecordKey[]): void {
  for (const key of keys) state.keys.set(nameOf(key), { ...key, createdAtMs: clock.nowMs() })
}

/** Forgets the oldest of those that are old. */
export function forgetKeys(state: State, clock: Clock): number {
  const old = [...state.keys.values()].filter((key) => isOld(clock, key))
  const gone = old.sort((a, b) => a.createdAtMs - b.createdAtMs).slice(0, KEYS_FORGOTTEN_MAX)
  for (const key of gone) state.keys.delete(nameOf(key))
  return gone.length
}

/** An age by a clock that has jumped is none. */
function isOld(clock: Clock, { createdAtMs }: StoredKey): boolean {
  return clock.sure() && createdAtMs <= clock.nowMs() - IDEMPOTENCY_KEY_KEPT_MS
}
