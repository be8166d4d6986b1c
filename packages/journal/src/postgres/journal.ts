import type pg from 'pg'
import { BATCH_BYTES_MAX } from '../batch-size.ts'
import { ZSTD_FORMAT } from '../entry.ts'
import { FORMATS_UNSAID } from '../formats.ts'
import type { Journal } from '../port.ts'
import type { JournalTime } from '../time/journal-time.ts'
import { append } from './append.ts'
import { abandon, backlog, drained } from './backlog.ts'
import { announce, configVersion } from './config-version.ts'
import { expire } from './expire.ts'
import { assertNoneDropped } from './formats.ts'
import { healTime } from './heal-time.ts'
import { findKeys, forgetKeys } from './keys.ts'
import { acquire, release, report, roll, signIn, signOut, writers } from './lease.ts'
import { countLetters, discard, letters } from './letters.ts'
import { probe } from './probe.ts'
import { heads, read } from './read.ts'
import { redrive } from './redrive.ts'
import { settle } from './settle.ts'
import { totals, troubles } from './totals.ts'
import { trim } from './trim.ts'
import { withClient } from './with-client.ts'

const PARTITIONS_DEFAULT = 16
const PARTITIONS_MAX = 1024

/**
 * The journal in Postgres. `pool` connects with `search_path` at the schema of the migrations.
 * `partitionsIfNew` (1 to 1024, default 16) counts only when the journal has none yet: afterwards the database tells.
 * `time` is what the process believes; without it the database's clock is believed whatever it says.
 */
export async function createPostgresJournal(options: {
  readonly pool: pg.Pool
  readonly partitionsIfNew?: number | undefined
  readonly time?: JournalTime | undefined
}): Promise<Journal> {
  const { pool, time } = options
  const partitions = await openPartitions(pool, options.partitionsIfNew ?? PARTITIONS_DEFAULT)
  await assertNoneDropped(pool)
  /** What all processes read, as far as this one has heard: the roll is called often enough. */
  let formats = FORMATS_UNSAID
  const mayPack = () => formats.includes(ZSTD_FORMAT)
  return {
    partitions,
    batchBytesMax: BATCH_BYTES_MAX,
    append: (request) => append(pool, mayPack(), time, request),
    findKeys: (names) => withClient(pool, (client) => findKeys(client, time, names)),
    forgetKeys: () => forgetKeys(pool, time),
    configVersion: (partition) => configVersion(pool, partition),
    announce,
    probe: () => probe(pool),
    heads: (wanted) => heads(pool, wanted),
    read: (from) => read(pool, from),
    signIn: async (api) => {
      const { formats: read, allKnowKeys } = await signIn(pool, time, api)
      formats = read
      return { allKnowKeys }
    },
    roll: async (writer) => {
      const { formats: read, ...called } = await roll(pool, time, writer)
      formats = read
      return called
    },
    acquire: (lease) => acquire(pool, time, lease),
    release: (leases) => release(pool, leases),
    signOut: (id) => signOut(pool, time, id),
    settle: (lease, change) => settle(pool, time, lease, change),
    report: (lease, trouble) => report(pool, lease, trouble),
    expire: (lease, limits) => expire(pool, time, lease, limits),
    redrive: (request) => redrive(pool, mayPack(), time, request),
    healTime: (partition, how) => healTime(pool, time, partition, how),
    trim: (partition, limits) => trim(pool, time, partition, limits),
    backlog: (versions) => backlog(pool, versions),
    drained: (versions) => drained(pool, versions),
    abandon,
    troubles: (versions) => troubles(pool, versions),
    totals: (versions) => totals(pool, versions),
    letters: (chosen) => letters(pool, chosen),
    countLetters: (from) => countLetters(pool, from),
    discard: (chosen) => discard(pool, chosen),
    writers: () => writers(pool, time),
  }
}

// Several processes may start at once: the lock lets one of them create the rows. One message, so one transaction.
const CREATE = `
select pg_advisory_xact_lock(hashtext('roomlog.journal'));
insert into journal_partition (partition)
  select n from generate_series(0, PARTITIONS - 1) n where not exists (select from journal_partition);
insert into journal_progress (partition) select partition from journal_partition on conflict do nothing`

async function openPartitions(pool: pg.Pool, ifNew: number): Promise<number> {
  if (!Number.isInteger(ifNew) || ifNew < 1 || ifNew > PARTITIONS_MAX) {
    throw new Error(`a journal has 1 to ${PARTITIONS_MAX} partitions, not ${ifNew}`)
  }
  const count = async () => Number((await pool.query('select count(*) from journal_progress')).rows[0].count)
  const found = await count()
  if (found > 0) return found
  await pool.query(CREATE.replace('PARTITIONS', String(ifNew)))
  return count()
}
