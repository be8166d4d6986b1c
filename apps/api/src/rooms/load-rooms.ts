import { type Journal, toPartition } from '@roomlog/journal'
import type pg from 'pg'
import { lookUpRooms } from '../store/room-entries.ts'
import type { LoadRooms } from './room-cache.ts'

/** All partitions are at the same config version. */
const ANY_PARTITION = toPartition(0)

/**
 * Reads the version of the configuration, and then rooms. A change in between makes the version one that is over: what is
 * appended by it is refused, and the rooms are read again. The other way round a change would be overlooked.
 */
export function createRoomLoader(pool: pg.Pool, journal: Pick<Journal, 'configVersion'>): LoadRooms {
  return async (roomIds) => {
    const configVersion = await journal.configVersion(ANY_PARTITION)
    return { configVersion, rooms: await lookUpRooms(pool, roomIds) }
  }
}
