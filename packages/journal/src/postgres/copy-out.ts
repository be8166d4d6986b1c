import type pg from 'pg'

export type CopiedRow = readonly (Buffer | undefined)[]

// What pg asks of a query that takes its own messages, as pg-cursor does. pg wraps `callback` to end its timeout.
type Copy = {
  callback(error: Error | undefined): void
  submit(connection: { query(text: string): void }): void
  handleCopyData(message: { readonly chunk: Buffer }): void
  handleRowDescription(): void
  handleCommandComplete(): void
  handleError(error: Error): void
  handleReadyForQuery(): void
}

/**
 * Rows of `select`, each its raw binary values (undefined is null). An ordinary query carries a `bytea` as hex, twice its
 * size, which is decoded twice: this takes a sixth of the CPU. The statement cannot have parameters.
 */
export function copyOut(client: pg.ClientBase, select: string): Promise<readonly CopiedRow[]> {
  return new Promise((resolve, reject) => {
    const rows: CopiedRow[] = []
    const copy: Copy = {
      callback: (error) => (error ? reject(error) : resolve(rows)),
      submit: (connection) => connection.query(`copy (${select}) to stdout (format binary)`),
      // A message holds a row. It is copied: pg reads what comes next into the same memory.
      handleCopyData({ chunk }) {
        const row = rowOf(Buffer.from(chunk))
        if (row) rows.push(row)
      },
      handleRowDescription() {},
      handleCommandComplete() {},
      handleError: (error) => copy.callback(error),
      handleReadyForQuery: () => copy.callback(undefined),
    }
    client.query(copy)
  })
}

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1')
const HEADER_BYTES = SIGNATURE.length + 8

/** Undefined when there is none: the trailer. */
function rowOf(message: Buffer): CopiedRow | undefined {
  const first = message.subarray(0, SIGNATURE.length).equals(SIGNATURE)
  let at = first ? HEADER_BYTES : 0
  const columns = at < message.length ? message.readInt16BE(at) : -1
  if (columns === -1) return undefined
  at += 2
  return Array.from({ length: columns }, () => {
    const length = message.readInt32BE(at)
    at += 4
    if (length === -1) return undefined
    at += length
    return message.subarray(at - length, at)
  })
}
