import { z } from 'zod'
import { percentile } from '../demo/compare.ts'
import type { StoredLine } from '../read-back/stored-lines.ts'
import type { Found } from './judge.ts'

const Numbered = z.object({
  payload: z.object({
    Id: z.string(),
    SendTime: z.string(),
    Attributes: z.object({ n: z.coerce.number().int() }),
  }),
})

export type Times = {
  readonly delayP50Ms: number
  readonly delayMaxMs: number
  /** The longest time in which nothing arrived, while there was something to deliver. */
  readonly pauseMaxMs: number
}

export type Timed = Found & { readonly delayMs: number }

/** Reads a destination to its end. */
export async function collect(lines: AsyncIterable<StoredLine>): Promise<Timed[]> {
  const found: Timed[] = []
  for await (const { line, roomId, visibleAtMs } of lines) {
    const { payload } = Numbered.parse(JSON.parse(line))
    const delayMs = Math.max(0, visibleAtMs - Date.parse(payload.SendTime))
    found.push({ number: payload.Attributes.n, id: payload.Id, roomId, visibleAtMs, delayMs })
  }
  return found
}

/** How long records took, from their `SendTime` until they could be read. */
export function timesOf(found: readonly Timed[]): Times {
  const delays = found.map(({ delayMs }) => delayMs)
  const arrivals = Float64Array.from(found.map(({ visibleAtMs }) => visibleAtMs)).sort()
  let pauseMaxMs = 0
  for (let index = 1; index < arrivals.length; index += 1) {
    pauseMaxMs = Math.max(pauseMaxMs, (arrivals[index] ?? 0) - (arrivals[index - 1] ?? 0))
  }
  return { delayP50Ms: percentile(delays, 0.5) ?? 0, delayMaxMs: percentile(delays, 1) ?? 0, pauseMaxMs }
}
