import type { RedriveOutcome, RedriveRequest } from '../port.ts'
import { append } from './append.ts'
import { choose, forget } from './letters.ts'
import type { Clock, State } from './state.ts'

/** Appends dead letters again and forgets them. */
export function redrive(state: State, clock: Clock, request: RedriveRequest): RedriveOutcome {
  const { to, configVersion } = request
  const letters = choose(state, request)
  let sent = 0
  for (const { partition, deadLetters } of state.partitions) {
    const here = letters.filter((letter) => deadLetters.includes(letter))
    if (here.length === 0) continue
    const records = here.map(({ roomId, id, bytes }) => ({
      roomId,
      id,
      bytes,
      timeMs: clock.nowMs(),
      destinations: [to],
    }))
    const outcome = append(state, clock, { partition, appendId: request.newAppendId(), configVersion, records })
    if (outcome.status !== 'appended') return { status: 'stale', letters: sent }
    forget(state, here)
    sent += here.length
  }
  return { status: 'redriven', letters: sent }
}
