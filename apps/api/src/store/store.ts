import type { PrismaClient } from '@roomlog/db'
import type { Transact, Tx } from '../database/transact.ts'
import { accessKeysOf } from './access-keys.ts'
import { accountsOf } from './accounts.ts'
import { destinationVersionsOf } from './destination-versions.ts'
import { loggingConfigurationsOf } from './logging-configurations.ts'
import { roomsOf } from './rooms.ts'
import { tagsOf } from './tags.ts'

/** What the api keeps of its own, an aggregate each. Rows are parsed where they enter: whoever reads one can believe it. */
export type Tables = ReturnType<typeof tablesOf>

/** The tables within one transaction; what `lock` finds is held until it ends. */
export type Transaction = Tables & {
  /** For what others do in the same transaction. */
  readonly sql: Tx
}

export type Store = Tables & {
  /** Runs `work` in a transaction, again when it lost against another one, so that it reads all that it decides by. */
  transact<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
}

export function createStore(db: PrismaClient, transact: Transact): Store {
  return {
    ...tablesOf(db),
    transact: (work) => transact((sql) => work({ ...tablesOf(sql), sql })),
  }
}

function tablesOf(sql: Tx) {
  return {
    accounts: accountsOf(sql),
    accessKeys: accessKeysOf(sql),
    rooms: roomsOf(sql),
    loggingConfigurations: loggingConfigurationsOf(sql),
    destinationVersions: destinationVersionsOf(sql),
    tags: tagsOf(sql),
  }
}
