import { hourFolder, runStartOf } from '@roomlog/domain'
import type { FoundRun, RunsOutcome, RunsWanted, SinkRecord } from '../port.ts'
import { listObjects } from './list-objects.ts'
import { keyOf } from './object.ts'
import { type ObjectReader, readFailure, readOccupant } from './read-back.ts'

const NO_LINE = Buffer.alloc(0)

/** Lists the room's keys of that hour, and asks each object that begins at a position in between where it ends. */
export async function listRuns(
  reader: ObjectReader,
  wanted: RunsWanted,
  signal: AbortSignal | undefined,
): Promise<RunsOutcome> {
  const { destination } = reader
  const { accountId, region } = destination
  const folder = { Prefix: hourFolder({ ...wanted, accountId, region }) }
  const runs: FoundRun[] = []
  for (let token: string | undefined; ; ) {
    const page = await listObjects(reader, { ...folder, ContinuationToken: token }, signal)
    if (!page.ok) return readFailure(page.verdict, destination, 'ListObjectsV2')
    for (const { Key: key = '' } of page.value.Contents ?? []) {
      const start = runStartOf(key)
      if (start === undefined || start.position < wanted.first) continue
      // Keys of a room sort as positions do.
      if (start.position > wanted.last) return { status: 'found', runs }
      const read = await readOccupant(reader, key, undefined, signal)
      if (read.status !== 'occupied') return read
      const { first, last } = read.occupant
      const record: SinkRecord = {
        ...start,
        roomId: wanted.roomId,
        id: first.id,
        source: NO_LINE,
        start: 0,
        byteLength: 0,
      }
      // Otherwise it is another destination version's, with the same bucket.
      if (keyOf(record, destination) === key) runs.push({ first: record, last })
    }
    token = page.value.NextContinuationToken
    if (token === undefined) return { status: 'found', runs }
  }
}
