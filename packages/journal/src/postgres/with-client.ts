import type pg from 'pg'

/** Runs `task` on a connection of its own; one on which it failed is closed. */
export async function withClient<T>(pool: pg.Pool, task: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  // A connection that breaks says so by an event too, which nobody's hearing would end the process.
  client.on('error', ignore)
  let done = false
  try {
    const result = await task(client)
    done = true
    return result
  } finally {
    client.off('error', ignore)
    client.release(!done)
  }
}

function ignore(): void {}
