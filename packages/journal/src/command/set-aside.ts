import { toPartition } from '../partition.ts'
import type { SetAsideOutcome } from '../port.ts'
import { setAside } from '../postgres/set-aside.ts'
import type { Subcommand } from './run.ts'

export const setBatchAside: Subcommand = {
  does:
    'Gives up the batch that holds the position, if it does not verify, so that what is behind it is delivered.\n' +
    '      Its bytes go to the table journal_set_aside; its records count as givenUp, at most. Try to restore the row first.',
  usage: '--partition N --position N',
  numbers: ['partition', 'position'],
  flags: [],
  wrong: ({ numbers: { partition, position } }) =>
    partition === undefined || position === undefined ? 'say --partition and --position' : undefined,
  async run(pool, { numbers: { partition = 0, position = 0 } }, output) {
    const outcome = await setAside(pool, toPartition(partition), position)
    const isDone = outcome.status === 'set aside'
    if (isDone) output.print(wordsFor(outcome))
    else output.complain(`Nothing was changed: ${wordsFor(outcome)}`)
    return isDone
  },
}

function wordsFor(outcome: SetAsideOutcome): string {
  switch (outcome.status) {
    case 'set aside': {
      const { first, last, reason, givenUp } = outcome
      const counts = givenUp.map(
        ({ destinationVersionId, records }) =>
          `\n  given up: at most ${records} records of destination version ${destinationVersionId}`,
      )
      return `Set aside: positions ${first} to ${last}, because ${reason}.${counts.join('')}`
    }
    case 'whole':
      return 'the batch verifies. A writer that calls it damaged reads another database, or the row was restored.'
    case 'unreadable':
      return `the batch verifies, and has the newer format ${outcome.format}. Deploy the newer writer.`
    case 'too early':
      return 'an api or writer of an earlier version lives that cannot read what would take its place. Deploy this version everywhere first.'
    case 'tombstone':
      return 'the batch was set aside before.'
    case 'nowhere':
      return 'the journal has no such partition or position: it was trimmed, or is not there yet.'
  }
}
