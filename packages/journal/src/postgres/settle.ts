import { storable } from '@roomlog/domain'
import type pg from 'pg'
import type { HeldLease, ProgressChange } from '../port.ts'
import type { JournalTime } from '../time/journal-time.ts'
import { believedMs, nowSql } from './time.ts'

// One statement, one commit. `held` takes the lease's row first: it waits for a takeover, and then finds another token.
// A restored database may hold the same token and other batches: progress counts only if its frontier's batch is there.
const SETTLE = `
with held as (
  update journal_progress
     set revision = revision + 1, dispatched = greatest(dispatched, $3),
         dispatched_append_id = case when $3 > dispatched then $4 else dispatched_append_id end
   where partition = $1 and lease_token = $2 and revision = $9
     and ($3 = 0 or dispatched_append_id is not distinct from $4
          or exists (select from journal_batch b where b.append_id = $4 and b.partition = $1))
  returning partition),
closed as (
  delete from journal_lane l using held
   where l.partition = held.partition and l.destination_version_id = any($5::integer[])),
moved as (
  insert into journal_lane as l (partition, destination_version_id, checkpoint, checkpoint_append_id, intent, quiet_since, state,
                                 last_error, next_probe_at)
  select held.partition, c.id, c.checkpoint, c.append_id, c.intent, case when c.sending then null else ${nowSql('$10')} end, c.state, c.error,
         to_timestamp(c.probe_ms / 1000.0)
    from held, jsonb_to_recordset($6) as c (id integer, checkpoint bigint, append_id uuid, intent bigint, sending boolean, state text,
                                            error text, probe_ms float8)
    left join destination_version v on v.id = c.id
   where v.abandoned_at is null
  on conflict (partition, destination_version_id) do update
     set checkpoint = greatest(l.checkpoint, excluded.checkpoint),
         checkpoint_append_id = case when excluded.checkpoint >= l.checkpoint then excluded.checkpoint_append_id
                                     else l.checkpoint_append_id end,
         intent = excluded.intent,
         quiet_since = case when excluded.quiet_since is null then null else coalesce(l.quiet_since, excluded.quiet_since) end,
         state = excluded.state, last_error = excluded.last_error,
         next_probe_at = excluded.next_probe_at),
buried as (
  insert into dead_letter (destination_version_id, partition, position, room_id, record_id, reason, record)
  select d.id, held.partition, d.position, d.room_id, d.record_id, d.reason, decode(d.record, 'base64')
    from held, jsonb_to_recordset($7) as d (id integer, position bigint, room_id text, record_id text, reason text, record text)
  on conflict do nothing),
counted as (
  insert into delivery_total as t (partition, destination_version_id, delivered, repeats_possible, dead, given_up, errors_all,
                                   errors_access_denied, errors_not_found, last_delivered_at, last_error, last_error_at)
  select held.partition, c.id, c.delivered, c.repeats, c.dead, c.given_up, c.errors_all, c.errors_access, c.errors_missing,
         to_timestamp(c.delivered_ms / 1000.0), c.error, case when c.error is null then null else ${nowSql('$10')} end
    from held, jsonb_to_recordset($8) as c (id integer, delivered bigint, repeats bigint, dead bigint, given_up bigint,
                                            errors_all bigint, errors_access bigint, errors_missing bigint,
                                            delivered_ms float8, error text)
  on conflict (partition, destination_version_id) do update
     set delivered = t.delivered + excluded.delivered, repeats_possible = t.repeats_possible + excluded.repeats_possible,
         dead = t.dead + excluded.dead, given_up = t.given_up + excluded.given_up,
         errors_all = t.errors_all + excluded.errors_all,
         errors_access_denied = t.errors_access_denied + excluded.errors_access_denied,
         errors_not_found = t.errors_not_found + excluded.errors_not_found,
         last_delivered_at = greatest(t.last_delivered_at, excluded.last_delivered_at),
         last_error = coalesce(excluded.last_error, t.last_error),
         last_error_at = coalesce(excluded.last_error_at, t.last_error_at))
select exists (select from held)
    or exists (select from journal_progress where partition = $1 and lease_token = $2 and revision = $9 + 1) as settled`

/** Writes a partition's progress, all or nothing; nothing when the lease is another's. */
export async function settle(
  pool: pg.Pool,
  time: JournalTime | undefined,
  lease: HeldLease,
  change: ProgressChange,
): Promise<'settled' | 'lost'> {
  const values = [
    lease.partition,
    lease.token,
    change.dispatched?.position ?? 0,
    change.dispatched?.appendId ?? null,
    change.closed,
    JSON.stringify(change.lanes.map(laneRow)),
    JSON.stringify(change.deadLetters.map(deadLetterRow)),
    JSON.stringify(change.totals.map(totalsRow)),
    change.revision,
    believedMs(time),
  ]
  const { rows } = await pool.query({ name: 'journal-settle', text: SETTLE, values })
  return rows[0].settled === true ? 'settled' : 'lost'
}

/** A destination's own words may hold what Postgres refuses, and a refused settle would hold the whole partition. */
function textOf(error: string | undefined): string | undefined {
  return error === undefined ? undefined : storable(error)
}

function laneRow(lane: ProgressChange['lanes'][number]) {
  return {
    id: lane.destinationVersionId,
    checkpoint: lane.checkpoint,
    append_id: lane.checkpointAppendId,
    intent: lane.intent,
    sending: lane.sending,
    state: lane.state,
    error: textOf(lane.lastError),
    probe_ms: lane.nextProbeAtMs,
  }
}

function deadLetterRow(letter: ProgressChange['deadLetters'][number]) {
  return {
    id: letter.destinationVersionId,
    position: letter.position,
    room_id: letter.roomId,
    record_id: letter.id,
    reason: storable(letter.reason),
    record: Buffer.from(letter.bytes).toString('base64'),
  }
}

function totalsRow(totals: ProgressChange['totals'][number]) {
  return {
    id: totals.destinationVersionId,
    delivered: totals.delivered,
    repeats: totals.repeatsPossible,
    dead: totals.dead,
    given_up: totals.givenUp,
    errors_all: totals.errors.all,
    errors_access: totals.errors.accessDenied,
    errors_missing: totals.errors.notFound,
    delivered_ms: totals.lastDeliveredAtMs,
    error: textOf(totals.lastError),
  }
}
