import { DestinationVersionId } from '@roomlog/domain'
import type pg from 'pg'
import { FORMATS_READ } from '../formats.ts'
import { toPartition } from '../partition.ts'
import type { HeldLease, Journal, LoadedLane, PartitionTrouble, Progress, Roll } from '../port.ts'
import { toAppendId, toPosition } from '../position.ts'
import { type JournalTime, LEASE_FAR_MS } from '../time/journal-time.ts'
import { allKnowKeysSql, readByAllSql } from './formats.ts'
import { agreesSql, believedMs, nowSql } from './time.ts'

// No lease lasts so long: what ends later was written by a clock that had jumped, and must not keep a partition from everyone.
const FAR = `interval '${LEASE_FAR_MS} ms'`

// Whether another's lease has expired is not judged while the clocks disagree; what its holder gave back is free at any time.
const isFree = (ms: string, sure: string) => `(lease_expires_at is null or (${sure}::boolean and ${agreesSql(ms)}
  and (lease_expires_at < now() or lease_expires_at > now() + ${FAR})))`

const isAlive = (ms: string) => `expires_at > ${nowSql(ms)} and expires_at < ${nowSql(ms)} + ${FAR}`

// A lease lasts by the believed time, so that none is extended into a future that a clock jumped to.
const ROLL = `
with signed_in as (
  insert into journal_writer (id, expires_at, formats) values ($1, ${nowSql('$5')} + $2 * interval '1 ms', $7::smallint[])
  on conflict (id) do update set expires_at = excluded.expires_at),
renewed as (
  update journal_progress p set lease_expires_at = ${nowSql('$5')} + $2 * interval '1 ms'
    from unnest($3::smallint[], $4::uuid[]) held (partition, token)
   where p.partition = held.partition and p.lease_token = held.token
  returning p.partition, p.revision)
select array(select partition from renewed order by partition) as renewed,
       array(select revision::text from renewed order by partition) as revisions,
       array(select partition from journal_progress
              where ${isFree('$5', '$6')} and not lease_token = any($4) is true) as free,
       (select count(*) from journal_writer where ${isAlive('$5')} and id <> $1) + 1 as writers,
       (select count(*) from journal_writer where ${isAlive('$5')} and id < $1) as rank,
       ${readByAllSql('$7', '$5')} as formats`

const WRITERS = `select count(*)::integer as writers from journal_writer where ${isAlive('$1')}`

const ACQUIRE = `
update journal_progress
   set lease_owner = $3, lease_token = $2, lease_expires_at = ${nowSql('$5')} + $4 * interval '1 ms'
 where partition = $1 and ${isFree('$5', '$6')}
returning revision, dispatched, dispatched_append_id, trimmed, trouble_position`

// A writer starts no call that its lease would not outlast: once it has changed hands, nothing more is sent. That moment
// is kept through further takeovers, until somebody sends for the intent again. How long ago it was is not known while the
// clocks disagree: then it begins now.
const LANES = `
with quiet as (
  update journal_lane set quiet_since = coalesce(quiet_since, ${nowSql('$2')}) where partition = $1 returning *)
select destination_version_id, checkpoint, checkpoint_append_id, intent,
       case when $3::boolean and ${agreesSql('$2')}
            then greatest(0, extract(epoch from now() - quiet_since) * 1000) else 0 end as quiet_for_ms
  from quiet order by destination_version_id`

const RELEASE = `
update journal_progress p set lease_owner = null, lease_token = null, lease_expires_at = null
  from unnest($1::smallint[], $2::uuid[]) held (partition, token)
 where p.partition = held.partition and p.lease_token = held.token`

const REPORT = `
update journal_progress set trouble = $3, trouble_position = $4 where partition = $1 and lease_token = $2`

const SIGN_OUT = `
delete from journal_writer
 where id = $1 or coalesce(api_expires_at, expires_at) < ${nowSql('$2')} - interval '1 hour'`

// Earlier versions count every row that is not expired as a writer, and would leave partitions to an api: to them it never
// was alive.
const SIGN_IN = `
with signed_in as (
  insert into journal_writer (id, expires_at, formats, api_expires_at, knows_keys)
  values ($1, now() - interval '1 s', $3::smallint[], ${nowSql('$4')} + $2 * interval '1 ms', true)
  on conflict (id) do update set expires_at = excluded.expires_at, api_expires_at = excluded.api_expires_at)
select ${readByAllSql('$3', '$4')} as formats,
       ${allKnowKeysSql('$4')} as all_know_keys`

export async function roll(
  pool: pg.Pool,
  time: JournalTime | undefined,
  writer: Parameters<Journal['roll']>[0],
): Promise<Roll & { readonly formats: readonly number[] }> {
  const { writerId, ttlMs, held } = writer
  const leases = [held.map((l) => l.partition), held.map((l) => l.token)]
  const values = [writerId, ttlMs, ...leases, believedMs(time), time?.sure() ?? true, FORMATS_READ]
  const { rows } = await pool.query({ name: 'journal-roll', text: ROLL, values })
  const { renewed, revisions, free, writers, rank, formats } = rows[0]
  return {
    renewed: renewed.map((partition: number, n: number) => ({
      partition: toPartition(partition),
      revision: Number(revisions[n]),
    })),
    free: free.map(toPartition),
    writers: Number(writers),
    rank: Number(rank),
    formats,
  }
}

/** The answer is what all who are signed in read. */
export async function signIn(
  pool: pg.Pool,
  time: JournalTime | undefined,
  { apiId, ttlMs }: Parameters<Journal['signIn']>[0],
): Promise<{ readonly formats: readonly number[]; readonly allKnowKeys: boolean }> {
  const values = [apiId, ttlMs, FORMATS_READ, believedMs(time)]
  const { rows } = await pool.query({ name: 'journal-sign-in', text: SIGN_IN, values })
  return { formats: rows[0].formats, allKnowKeys: rows[0].all_know_keys }
}

/** How many are signed in and not late to say that they live. */
export async function writers(pool: pg.Pool, time: JournalTime | undefined): Promise<number> {
  const { rows } = await pool.query({ name: 'journal-writers', text: WRITERS, values: [believedMs(time)] })
  return rows[0].writers
}

/** The state is read after the lease has changed hands: a rival's last write is either in it or fails. */
export async function acquire(
  pool: pg.Pool,
  time: JournalTime | undefined,
  lease: Parameters<Journal['acquire']>[0],
): Promise<Progress | 'taken'> {
  const now = () => [believedMs(time), time?.sure() ?? true]
  const { rows } = await pool.query(ACQUIRE, [lease.partition, lease.token, lease.writerId, lease.ttlMs, ...now()])
  const progress = rows[0]
  if (!progress) return 'taken'
  const lanes = await pool.query(LANES, [lease.partition, ...now()])
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

export async function signOut(pool: pg.Pool, time: JournalTime | undefined, writerId: string): Promise<void> {
  await pool.query(SIGN_OUT, [writerId, believedMs(time)])
}
