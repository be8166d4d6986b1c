import { DestinationVersionId } from '@roomlog/domain'
import type pg from 'pg'
import { toPartition } from '../partition.ts'
import type { HeldLease, Journal, LoadedLane, PartitionTrouble, Progress, Roll } from '../port.ts'
import { toAppendId, toPosition } from '../position.ts'

const ROLL = `
with signed_in as (
  insert into journal_writer (id, expires_at) values ($1, now() + $2 * interval '1 ms')
  on conflict (id) do update set expires_at = excluded.expires_at),
renewed as (
  update journal_progress p set lease_expires_at = now() + $2 * interval '1 ms'
    from unnest($3::smallint[], $4::uuid[]) held (partition, token)
   where p.partition = held.partition and p.lease_token = held.token
  returning p.partition, p.revision)
select array(select partition from renewed order by partition) as renewed,
       array(select revision::text from renewed order by partition) as revisions,
       array(select partition from journal_progress
              where (lease_expires_at is null or lease_expires_at < now()) and not lease_token = any($4) is true) as free,
       (select count(*) from journal_writer where expires_at > now() and id <> $1) + 1 as writers,
       (select count(*) from journal_writer where expires_at > now() and id < $1) as rank`

const ACQUIRE = `
update journal_progress
   set lease_owner = $3, lease_token = $2, lease_expires_at = now() + $4 * interval '1 ms'
 where partition = $1 and (lease_expires_at is null or lease_expires_at < now())
returning revision, dispatched, dispatched_append_id, trimmed, trouble_position`

// A writer starts no call that its lease would not outlast: once it has changed hands, nothing more is sent. That moment
// is kept through further takeovers, until somebody sends for the intent again.
const LANES = `
with quiet as (
  update journal_lane set quiet_since = coalesce(quiet_since, now()) where partition = $1 returning *)
select destination_version_id, checkpoint, checkpoint_append_id, intent,
       extract(epoch from now() - quiet_since) * 1000 as quiet_for_ms
  from quiet order by destination_version_id`

const RELEASE = `
update journal_progress p set lease_owner = null, lease_token = null, lease_expires_at = null
  from unnest($1::smallint[], $2::uuid[]) held (partition, token)
 where p.partition = held.partition and p.lease_token = held.token`

const REPORT = `
update journal_progress set trouble = $3, trouble_position = $4 where partition = $1 and lease_token = $2`

export async function roll(pool: pg.Pool, writer: Parameters<Journal['roll']>[0]): Promise<Roll> {
  const values = [writer.writerId, writer.ttlMs, writer.held.map((l) => l.partition), writer.held.map((l) => l.token)]
  const { rows } = await pool.query({ name: 'journal-roll', text: ROLL, values })
  const { renewed, revisions, free, writers, rank } = rows[0]
  return {
    renewed: renewed.map((partition: number, n: number) => ({
      partition: toPartition(partition),
      revision: Number(revisions[n]),
    })),
    free: free.map(toPartition),
    writers: Number(writers),
    rank: Number(rank),
  }
}

/** The state is read after the lease has changed hands: a rival's last write is either in it or fails. */
export async function acquire(pool: pg.Pool, lease: Parameters<Journal['acquire']>[0]): Promise<Progress | 'taken'> {
  const { rows } = await pool.query(ACQUIRE, [lease.partition, lease.token, lease.writerId, lease.ttlMs])
  const progress = rows[0]
  if (!progress) return 'taken'
  const lanes = await pool.query(LANES, [lease.partition])
  return {
    partition: lease.partition,
    revision: Number(progress.revision),
    dispatched: toPosition(Number(progress.dispatched)),
    dispatchedAppendId: progress.dispatched_append_id === null ? undefined : toAppendId(progress.dispatched_append_id),
    trimmed: toPosition(Number(progress.trimmed)),
    troubleAt: progress.trouble_position === null ? undefined : toPosition(Number(progress.trouble_position)),
    lanes: lanes.rows.map(
      (row): LoadedLane => ({
        destinationVersionId: DestinationVersionId.parse(row.destination_version_id),
        checkpoint: toPosition(Number(row.checkpoint)),
        checkpointAppendId: row.checkpoint_append_id === null ? undefined : toAppendId(row.checkpoint_append_id),
        intent: row.intent === null ? undefined : toPosition(Number(row.intent)),
        quietForMs: Number(row.quiet_for_ms),
      }),
    ),
  }
}

export async function report(pool: pg.Pool, lease: HeldLease, trouble: PartitionTrouble | undefined): Promise<void> {
  const values = [lease.partition, lease.token, trouble?.words ?? null, trouble?.position ?? null]
  await pool.query(REPORT, values)
}

export async function release(pool: pg.Pool, leases: readonly HeldLease[]): Promise<void> {
  await pool.query(RELEASE, [leases.map((l) => l.partition), leases.map((l) => l.token)])
}

export async function signOut(pool: pg.Pool, writerId: string): Promise<void> {
  await pool.query(`delete from journal_writer where id = $1 or expires_at < now() - interval '1 hour'`, [writerId])
}
