import { AccountId, DestinationVersionId, RoomId } from '@roomlog/domain'
import type pg from 'pg'
import { lookUp } from '../database/look-up.ts'
import type { LoadRooms } from './room-cache.ts'

/** Reads rooms and the configuration's version in one statement, so in one snapshot: both are of the same instant. */
export function createRoomLoader(pool: pg.Pool): LoadRooms {
  return async (roomIds) => {
    const rows = await lookUp<Row>(pool, { name: 'api-rooms', text: ROOMS, values: [roomIds] })
    const [first] = rows
    if (first === undefined) throw new Error('the journal has no partitions')
    const rooms = rows.flatMap((row) => (row.id === null ? [] : [entryOf(row, row.id)]))
    return { configVersion: Number(first.config_version), rooms }
  }
}

type Row = {
  readonly config_version: number | string
  /** Null in the one row that comes when there is no room. */
  readonly id: string | null
  readonly account_id: string
  readonly maximum_message_length: number
  readonly maximum_message_rate_per_second: number
  readonly destinations: readonly number[]
}

// All partitions carry the same version. Of two configurations with one destination, the first listed gets the records.
const ROOMS = `
select p.config_version, r.id, r.account_id, r.maximum_message_length, r.maximum_message_rate_per_second,
       array(select once.id
               from (select distinct on (d.kind, d.target) d.id, l.ordinal
                       from room_logging_configuration l
                       join logging_configuration c on c.id = l.logging_configuration_id and c.state = 'ACTIVE'
                       join destination_version d on d.id = c.destination_version_id
                      where l.room_id = r.id
                      order by d.kind, d.target, l.ordinal) once
              order by once.ordinal) as destinations
  from journal_partition p left join room r on r.id = any($1::text[])
 where p.partition = 0`

function entryOf(row: Row, id: string) {
  return {
    accountId: AccountId.parse(row.account_id),
    roomId: RoomId.parse(id),
    maximumMessageLength: row.maximum_message_length,
    maximumMessageRatePerSecond: row.maximum_message_rate_per_second,
    destinations: row.destinations.map((version) => DestinationVersionId.parse(version)),
  }
}
