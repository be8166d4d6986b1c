import { apiMutations } from './api.ts'
import { databaseMutations } from './database.ts'
import { journalMutations } from './journal.ts'
import type { Mutation } from './mutation.ts'
import { sinkMutations } from './sinks.ts'
import { writerMutations } from './writer.ts'

export const mutations: readonly Mutation[] = [
  ...apiMutations,
  ...databaseMutations,
  ...journalMutations,
  ...writerMutations,
  ...sinkMutations,
]
