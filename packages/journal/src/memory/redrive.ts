import type { RedriveOutcome, RedriveRequest } from '../port.ts'
import { append } from './append.ts'
import type { Clock, State } from './state.ts'

/** Appends dead letters again and forgets them. */
export function redrive(state: State, clock: Clock, request: RedriveRequest): RedriveOutcome {
  const { from, letterIds, to, configVersion } = request
  const letters = state.partitions
    .flatMap((at) => at.deadLetters)
    .filter((letter) => from.includes(letter.destinationVersionId) && (letterIds?.includes(letter.letterId) ?? true))
    .sort((a, b) => Number(a.letterId) - Number(b.letterId))
    .slice(0, request.lettersMax)
  let sent = 0
  for (const at of state.partitions) {
    const here = letters.filter((letter) => at.deadLetters.includes(letter))
    if (here.length === 0) continue
    const records = here.map(({ roomId, id, bytes }) => ({
      roomId,
      id,
      bytes,
      timeMs: clock.nowMs(),
      destinations: [to],
    }))
    const { partition } = at
    const outcome = append(state, clock, { partition, appendId: request.newAppendId(), configVersion, records })
    if (outcome.status !== 'appended') return { status: 'stale', letters: sent }
    at.deadLetters = at.deadLetters.filter((letter) => !here.includes(letter))
    sent += here.length
  }
  return { status: 'redriven', letters: sent }
}
