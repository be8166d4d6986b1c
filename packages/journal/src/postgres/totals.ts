import { DestinationVersionId } from '@roomlog/domain'
import type pg from 'pg'
import type { DeliveryTotals, LaneTrouble } from '../port.ts'

const TROUBLES = `
select destination_version_id as id, state, last_error, (extract(epoch from next_probe_at) * 1000)::float8 as probe_ms
  from journal_lane where destination_version_id = any($1::integer[]) and state <> 'flowing'
 order by partition, destination_version_id`

export async function troubles(
  pool: pg.Pool,
  versions: readonly DestinationVersionId[],
): Promise<readonly LaneTrouble[]> {
  const { rows } = await pool.query(TROUBLES, [versions])
  return rows.map((row) => ({
    destinationVersionId: DestinationVersionId.parse(row.id),
    state: row.state,
    lastError: row.last_error ?? undefined,
    nextProbeAtMs: row.probe_ms ?? undefined,
  }))
}

const TOTALS = `
select destination_version_id as id, sum(delivered)::float8 as delivered,
       sum(repeats_possible)::float8 as repeats_possible, sum(dead)::float8 as dead, sum(given_up)::float8 as given_up,
       sum(errors_all)::float8 as errors_all, sum(errors_access_denied)::float8 as errors_access_denied,
       sum(errors_not_found)::float8 as errors_not_found,
       (extract(epoch from max(last_delivered_at)) * 1000)::float8 as last_delivered_ms,
       (array_agg(last_error order by last_error_at desc nulls last))[1] as last_error,
       (extract(epoch from max(last_error_at)) * 1000)::float8 as last_error_ms
  from delivery_total where destination_version_id = any($1::integer[])
 group by destination_version_id order by destination_version_id`

export async function totals(
  pool: pg.Pool,
  versions: readonly DestinationVersionId[],
): Promise<readonly DeliveryTotals[]> {
  const { rows } = await pool.query(TOTALS, [versions])
  return rows.map((row) => ({
    destinationVersionId: DestinationVersionId.parse(row.id),
    delivered: row.delivered,
    repeatsPossible: row.repeats_possible,
    dead: row.dead,
    givenUp: row.given_up,
    errors: { all: row.errors_all, accessDenied: row.errors_access_denied, notFound: row.errors_not_found },
    lastDeliveredAtMs: row.last_delivered_ms ?? undefined,
    lastError: row.last_error ?? undefined,
    lastErrorAtMs: row.last_error_ms ?? undefined,
  }))
}
