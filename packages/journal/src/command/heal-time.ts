import { createPostgresJournal } from '../postgres/journal.ts'
import { startDatabaseClock } from '../postgres/time.ts'
import { healTimeCommand } from '../time/heal-command.ts'
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
    const { ok, lines } = await healTimeCommand({ journal, clock }, { partition, dryRun: flags.has('dry-run') })
    for (const line of lines) {
      if (ok) output.print(line)
      else output.complain(line)
    }
    return ok
  },
}
