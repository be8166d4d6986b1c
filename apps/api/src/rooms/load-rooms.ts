import { AccountId, DestinationVersionId, RoomId } from '@roomlog/domain'
import { type Journal, toPartition } from '@roomlog/journal'
import type pg from 'pg'
import { lookUp } from '../database/look-up.ts'
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
    const rows = await lookUp<Row>(pool, { name: 'api-rooms', text: ROOMS, values: [roomIds] })
    return { configVersion, rooms: rows.map(entryOf) }
  }
}

type Row = {
  readonly id: string
  readonly account_id: string
  readonly maximum_message_length: number
  readonly maximum_message_rate_per_second: number
  readonly destinations: readonly number[]
}

// Of two configurations with one destination, the first listed gets the records.
const ROOMS = `
select r.id, r.account_id, r.maximum_message_length, r.maximum_message_rate_per_second,
       array(select once.id
               from (select distinct on (d.kind, d.target) d.id, l.ordinal
                       from room_logging_configuration l
                       join logging_configuration c on c.id = l.logging_configuration_id and c.state = 'ACTIVE'
                       join destination_version d on d.id = c.destination_version_id
                      where l.room_id = r.id
                      order by d.kind, d.target, l.ordinal) once
              order by once.ordinal) as destinations
  from room r where r.id = any($1::text[])`

function entryOf(row: Row) {
  return {
    accountId: AccountId.parse(row.account_id),
    roomId: RoomId.parse(row.id),
    maximumMessageLength: row.maximum_message_length,
    maximumMessageRatePerSecond: row.maximum_message_rate_per_second,
    destinations: row.destinations.map((version) => DestinationVersionId.parse(version)),
  }
}
