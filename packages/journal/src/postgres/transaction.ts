import type pg from 'pg'
import type { Transaction } from '../port.ts'

/** Runs `work` in a transaction; whatever fails, a lost answer to the commit apart, leaves no trace. */
export async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  // A connection that breaks between two queries tells so by an event; the next query fails anyway.
  client.on('error', ignore)
  try {
    await client.query('begin')
    const result = await work(client)
    await client.query('commit')
    client.off('error', ignore)
    client.release()
    return result
  } catch (error) {
    // Ends the transaction with the connection.
    client.release(true)
    throw error
  }
}

/** The transaction that is open on a connection, for those who want to take part in it. */
export function transactionOf(client: Pick<pg.PoolClient, 'query'>): Transaction {
  return { query: async (text, values) => (await client.query(text, [...values])).rows }
}

function ignore(): void {}
