import { toPartition } from '../partition.ts'
import type { Journal, Partition, TimeHealing } from '../port.ts'
import { createPostgresJournal } from '../postgres/journal.ts'
import { startDatabaseClock } from '../postgres/time.ts'
import type { DatabaseClock } from '../time/database-clock.ts'
import type { Subcommand } from './run.ts'

export const healTime: Subcommand = {
  does:
    'Lets the time of a partition, or of all, fall to now, where a clock that had jumped left it ahead. Others are left alone.\n' +
    '      With --dry-run it only says how far each is ahead.',
  usage: '(--partition N | --all) [--dry-run]',
  numbers: ['partition'],
  flags: ['all', 'dry-run'],
  wrong: ({ numbers, flags }) =>
    (numbers['partition'] === undefined) === flags.has('all') ? undefined : 'say --partition or --all',
  async run(pool, { numbers, flags }, output, clocks) {
    const tell = (_: object, message: string) => output.complain(message)
    const clock = await startDatabaseClock(pool, { ...clocks, log: { info: tell, warn: tell, error: tell } })
    const journal = await createPostgresJournal({ pool, time: clock })
    const { partition } = numbers
    const { ok, lines } = await healPartitions({ journal, clock }, { partition, dryRun: flags.has('dry-run') })
    for (const line of lines) {
      if (ok) output.print(line)
      else output.complain(line)
    }
    return ok
  },
}

/**
 * What the command says of each partition, and whether all went well. Without `partition` it looks at all of them. `clock`
 * has heard the database.
 */
export async function healPartitions(
  { journal, clock }: { readonly journal: Pick<Journal, 'healTime' | 'partitions'>; readonly clock: DatabaseClock },
  { partition, dryRun }: { readonly partition?: number | undefined; readonly dryRun: boolean },
): Promise<{ readonly ok: boolean; readonly lines: readonly string[] }> {
  const doubt = clock.doubt()
  if (doubt !== undefined) return { ok: false, lines: [`Nothing was done. ${doubt}.`] }
  const all = Array.from({ length: journal.partitions }, (_, n) => n)
  const asked = partition === undefined ? all : [partition]
  const lines: string[] = []
  let ok = true
  let healed = 0
  for (const n of asked) {
    if (!all.includes(n))
      return { ok: false, lines: [...lines, `There is no partition ${n}: they are 0 to ${all.length - 1}.`] }
    const healing = await journal.healTime(toPartition(n), { dryRun })
    lines.push(lineOf(toPartition(n), healing))
    if (healing.status === 'unsure') ok = false
    if (healing.status === 'healed') healed++
  }
  if (healed > 0) lines.push(KEYS)
  return { ok, lines }
}

const KEYS =
  'From here on records have their own time again. Until the time that was ahead has come and gone, new S3 objects of these partitions sort before those that were written with it; nothing is lost or repeated.'

function lineOf(partition: Partition, { status, aheadMs }: TimeHealing): string {
  const ahead = `${(aheadMs / 1_000).toFixed(1)} s ahead`
  switch (status) {
    case 'healed':
      return `Partition ${partition} was ${ahead}; its time begins again now.`
    case 'ahead':
      return `Partition ${partition} is ${ahead}; without --dry-run its time begins again now.`
    case 'right':
      return `Partition ${partition} is right.`
    case 'unsure':
      return `Partition ${partition} is ${ahead} and was left alone: the clocks disagree just now; try again.`
  }
}
