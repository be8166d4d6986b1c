import type { DestinationVersionId } from '@roomlog/domain'
import type { Journal, KeptLetter, LettersChosen } from '../port.ts'
import type { State, StoredLetter } from './state.ts'

/** Dead letters, the oldest first. */
export function letters(
  state: State,
  { from, after, lettersMax }: Parameters<Journal['letters']>[0],
): readonly KeptLetter[] {
  return lettersOf(state, from)
    .filter(({ letterId }) => Number(letterId) > Number(after))
    .slice(0, lettersMax)
    .map(({ position: _, ...letter }) => letter)
}

export function countLetters(state: State, from: readonly DestinationVersionId[]): number {
  return lettersOf(state, from).length
}

/** Deletes dead letters for good. */
export function discard(state: State, chosen: LettersChosen): number {
  const gone = choose(state, chosen)
  forget(state, gone)
  return gone.length
}

export function choose(state: State, { from, letterIds, lettersMax }: LettersChosen): readonly StoredLetter[] {
  return lettersOf(state, from)
    .filter(({ letterId }) => letterIds?.includes(letterId) ?? true)
    .slice(0, lettersMax)
}

export function forget(state: State, letters: readonly StoredLetter[]): void {
  for (const at of state.partitions) at.deadLetters = at.deadLetters.filter((letter) => !letters.includes(letter))
}

function lettersOf(state: State, from: readonly DestinationVersionId[]): readonly StoredLetter[] {
  return state.partitions
    .flatMap((at) => at.deadLetters)
    .filter(({ destinationVersionId }) => from.includes(destinationVersionId))
    .sort((a, b) => Number(a.letterId) - Number(b.letterId))
}
