import type { DestinationVersionId } from '@roomlog/domain'
import type { CallRecord, LocalAws } from '@roomlog/local-aws'
import { z } from 'zod'
import type { Pipeline } from '../pipeline.ts'

const LaneRow = z.object({ state: z.string(), last_error: z.string().nullable() })
export type LaneRow = z.infer<typeof LaneRow>

const Totals = z.object({
  settled: z.coerce.number(),
  dead: z.coerce.number(),
  repeats: z.coerce.number(),
  errors: z.coerce.number(),
  denied: z.coerce.number(),
  missing: z.coerce.number(),
  last_error: z.string().nullable(),
})
const Calls = z.object({ calls: z.array(z.custom<CallRecord>()) })

/** The rows of a destination's lanes that are not settled. */
export async function lanesOf({ pool }: Pipeline, destination: DestinationVersionId) {
  const found = await pool.query('select state, last_error from journal_lane where destination_version_id = $1', [
    destination,
  ])
  return z.array(LaneRow).parse(found.rows)
}

/** What was counted for a destination, over all partitions. */
export async function totalsOf({ pool }: Pipeline, destination: DestinationVersionId) {
  const found = await pool.query(
    `select coalesce(sum(delivered + dead), 0) as settled, coalesce(sum(dead), 0) as dead,
            coalesce(sum(repeats_possible), 0) as repeats, coalesce(sum(errors_all), 0) as errors,
            coalesce(sum(errors_access_denied), 0) as denied, coalesce(sum(errors_not_found), 0) as missing,
            max(last_error) as last_error
       from delivery_total where destination_version_id = $1`,
    [destination],
  )
  return Totals.parse(found.rows[0])
}

export async function deadLettersOf({ pool }: Pipeline, destination: DestinationVersionId) {
  const { rows } = await pool.query(
    'select record_id, reason, record from dead_letter where destination_version_id = $1 order by position',
    [destination],
  )
  return rows.map(({ record_id, reason, record }) => ({
    id: String(record_id),
    reason: String(reason),
    written: String(JSON.parse(String(record)).payload.Id),
  }))
}

/** The stand-in's calls to one bucket, log group or delivery stream. */
export async function callsTo(aws: LocalAws, target: string): Promise<readonly CallRecord[]> {
  const response = await fetch(`${aws.url}/_local/calls`)
  const { calls } = Calls.parse(await response.json())
  return calls.filter((call) => call.target === target || /^[:/]/.test(call.target.replace(target, '')))
}
