import type { Prisma, PrismaClient } from '@roomlog/db'
import type { Transaction } from '@roomlog/journal'
import { z } from 'zod'
import { isWorthRepeating } from './availability.ts'
import type { WaitingLine } from './waiting-line.ts'

export type Tx = Prisma.TransactionClient

const ATTEMPTS_MAX = 4
const LIMITS_MS = { maxWait: 15_000, timeout: 15_000 }

/** Runs `work` in a transaction, again when it lost against another one (deadlock). `work` reads all that it decides by. */
export type Transact = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>

/**
 * Transactions wait in line before they ask for a connection: those that lock the same account run one after the other,
 * and a pool that they wait in times out as if the database were away.
 */
export function createTransact(db: PrismaClient, line: WaitingLine): Transact {
  return (work) =>
    line(async () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await db.$transaction(work, LIMITS_MS)
        } catch (error) {
          if (attempt === ATTEMPTS_MAX || !isWorthRepeating(error)) throw error
        }
      }
    })
}

const Rows = z.array(z.looseObject({}))

/** The transaction as the journal takes part in it. */
export function transactionOf(tx: Tx): Transaction {
  return { query: async (text, values) => Rows.parse(await tx.$queryRawUnsafe(text, ...values)) }
}
