import type { Subcommand } from './run.ts'

const PARTITIONS = `
select p.partition::text, h.head::text, p.dispatched::text,
       (h.head - least(p.dispatched, (select min(checkpoint) from journal_lane l where l.partition = p.partition)))::text as lag,
       case when p.lease_expires_at > now() then coalesce(p.lease_owner, '?') else '-' end as writer,
       case when p.lease_expires_at > now() then ceil(extract(epoch from p.lease_expires_at - now()))::int || ' s'
            else '-' end as lease,
       p.trouble
  from journal_progress p join journal_partition h on h.partition = p.partition
 order by p.partition`

const SET_ASIDE = `
select partition, first_position::text as first, (first_position + record_count - 1)::text as last, reason,
       to_char(set_aside_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at
  from journal_set_aside order by set_aside_at`

const COLUMNS = ['partition', 'head', 'dispatched', 'lag', 'writer', 'lease'] as const

type Row = Readonly<Record<(typeof COLUMNS)[number], string>> & { readonly trouble: string | null }

export const listPartitions: Subcommand = {
  does: 'Each partition: its head, how far it is dispatched and settled, who works it, what is damaged or was set aside.',
  usage: '',
  numbers: [],
  flags: [],
  wrong: () => undefined,
  async run(pool, _asked, { print }) {
    const { rows } = await pool.query<Row>(PARTITIONS)
    const lines = [COLUMNS.map(String), ...rows.map((row) => COLUMNS.map((column) => row[column]))]
    const widths = COLUMNS.map((_, n) => Math.max(...lines.map((cells) => cells[n]?.length ?? 0)))
    for (const cells of lines) {
      print(
        cells
          .map((cell, n) => cell.padEnd(widths[n] ?? 0))
          .join('  ')
          .trimEnd(),
      )
    }
    for (const { trouble } of rows) if (trouble !== null) print(`\n${trouble}`)
    const { rows: tombstones } = await pool.query(SET_ASIDE)
    if (tombstones.length > 0) print('\nset aside, kept in journal_set_aside:')
    for (const { partition, first, last, reason, at } of tombstones) {
      print(`  partition ${partition}, positions ${first} to ${last}, ${at}: ${reason}`)
    }
    return true
  },
}
