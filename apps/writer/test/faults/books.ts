import type { DestinationVersionId } from '@roomlog/domain'
import { lanes } from '@roomlog/journal/testing'
import type { CallRecord, LocalAws } from '@roomlog/local-aws'
import { z } from 'zod'
import type { Pipeline } from '../pipeline.ts'

const Calls = z.object({ calls: z.array(z.custom<CallRecord>()) })

/** A destination's lanes that are not settled. */
export async function lanesOf({ pool }: Pipeline, destination: DestinationVersionId) {
  return (await lanes(pool)).filter((lane) => lane.destinationVersionId === destination)
}

/** What was counted for a destination, over all partitions. */
export async function totalsOf({ journal }: Pipeline, destination: DestinationVersionId) {
  const [totals] = await journal.totals([destination])
  const { delivered = 0, dead = 0, repeatsPossible: repeats = 0, errors, lastError } = totals ?? {}
  return {
    settled: delivered + dead,
    dead,
    repeats,
    errors: errors?.all ?? 0,
    denied: errors?.accessDenied ?? 0,
    missing: errors?.notFound ?? 0,
    lastError,
  }
}

export async function deadLettersOf({ journal }: Pipeline, destination: DestinationVersionId) {
  const letters = await journal.letters({ from: [destination], after: '0', lettersMax: 10_000 })
  return letters.map(({ id, reason, bytes }) => ({
    id: String(id),
    reason,
    written: String(JSON.parse(String(bytes)).payload.Id),
  }))
}

/** The stand-in's calls to one bucket, log group or delivery stream. */
export async function callsTo(aws: LocalAws, target: string): Promise<readonly CallRecord[]> {
  const response = await fetch(`${aws.url}/_local/calls`)
  const { calls } = Calls.parse(await response.json())
  return calls.filter((call) => call.target === target || /^[:/]/.test(call.target.replace(target, '')))
}
