import { AccountId, DestinationVersionId, RoomId } from '@roomlog/domain'
import type pg from 'pg'
import { z } from 'zod'
import type { RoomEntry } from '../rooms/room-cache.ts'
import { lookUp } from './look-up.ts'

const Entries = z.array(
  z.object({
    roomId: RoomId,
    accountId: AccountId,
    maximumMessageLength: z.int(),
    maximumMessageRatePerSecond: z.int(),
    destinations: z.array(DestinationVersionId),
  }),
) satisfies z.ZodType<RoomEntry[]>

// The first listed of two configurations with one destination gets the records; both would deliver them twice.
const ROOMS = `
select r.id as "roomId", r.account_id as "accountId", r.maximum_message_length as "maximumMessageLength",
       r.maximum_message_rate_per_second as "maximumMessageRatePerSecond",
       array(select once.id
               from (select distinct on (d.kind, d.target) d.id, l.ordinal
                       from room_logging_configuration l
                       join logging_configuration c on c.id = l.logging_configuration_id and c.state = 'ACTIVE'
                       join destination_version d on d.id = c.destination_version_id
                      where l.room_id = r.id
                      order by d.kind, d.target, l.ordinal) once
              order by once.ordinal) as destinations
  from room r where r.id = any($1::text[])`

/** What sending to these rooms needs to know; those that are not there are left out. */
export async function lookUpRooms(pool: pg.Pool, roomIds: readonly RoomId[]): Promise<readonly RoomEntry[]> {
  return Entries.parse(await lookUp(pool, { name: 'api-rooms', text: ROOMS, values: [roomIds] }))
}
