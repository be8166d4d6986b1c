import { apiMutations } from './api.mjs'
import { databaseMutations } from './database.mjs'
import { journalMutations } from './journal.mjs'
import { sinkMutations } from './sinks.mjs'
import { writerMutations } from './writer.mjs'

/**
 * Every mutation is a plausible bug: `find`, which is in `file` exactly once, becomes `put`, and each of `suites` must
 * then fail. `test` narrows a suite down to the tests whose name it matches.
 */
export const mutations = [
  ...apiMutations,
  ...databaseMutations,
  ...journalMutations,
  ...writerMutations,
  ...sinkMutations,
]
