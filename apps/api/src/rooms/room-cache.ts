import type { AccountId, DestinationVersionId, RoomId } from '@roomlog/domain'
import type { Routes } from '@roomlog/journal'
import { createAbsences, forgetOldest } from '../absences.ts'

/** What sending to a room needs to know. */
export type RoomEntry = {
  readonly accountId: AccountId
  readonly roomId: RoomId
  readonly maximumMessageLength: number
  readonly maximumMessageRatePerSecond: number
  /** In the order the room lists them, each destination once. */
  readonly destinations: readonly DestinationVersionId[]
}

/** Rooms as they are at one version of the configuration; missing ones are left out. */
export type LoadRooms = (
  roomIds: readonly RoomId[],
) => Promise<{ readonly configVersion: number; readonly rooms: readonly RoomEntry[] }>

export type RoomCache = Routes & {
  /** Rooms to validate requests with; missing ones are left out. Length and rate may be up to `freshMs` old. */
  find(roomIds: readonly RoomId[]): Promise<ReadonlyMap<RoomId, RoomEntry>>
  /** Whether `find` would answer without asking the database. */
  knows(roomIds: readonly RoomId[]): boolean
  /** The room was changed or deleted by this process. */
  forget(roomId: RoomId): void
}

type Known = { readonly entry: RoomEntry; readonly configVersion: number; readonly loadedAtMs: number }

/**
 * Rooms this process sends to. Where records go is exact however old an entry is, because an append names the version
 * that its entries hold at, and is refused when that version is over. The room's length and rate, which no append
 * checks, are read again after `freshMs`.
 * A room that does not exist is remembered by `find` alone, for `absentMs`, so that messages to it cost one look-up a
 * moment and not one each. Its id was drawn at random and is told by the answer that made it, so nobody can have asked for
 * it before. `resolve`, which decides where records go, never takes a room for missing without asking.
 */
export function createRoomCache(options: {
  readonly load: LoadRooms
  readonly nowMs: () => number
  readonly freshMs?: number | undefined
  readonly absentMs?: number | undefined
  readonly roomsMax?: number | undefined
}): RoomCache {
  const { load, nowMs, freshMs = 5_000, absentMs = 1_000, roomsMax = 50_000 } = options
  const absent = createAbsences<RoomId>({ nowMs, forMs: absentMs })
  const known = new Map<RoomId, Known>()
  let current = 0

  async function reload(roomIds: readonly RoomId[]) {
    const loaded = await load(roomIds)
    // It may also fall: a restored database goes on from an older version.
    current = loaded.configVersion
    const loadedAtMs = nowMs()
    for (const roomId of roomIds) known.delete(roomId)
    for (const entry of loaded.rooms) remember({ entry, configVersion: loaded.configVersion, loadedAtMs })
    return loaded
  }

  function remember(item: Known): void {
    absent.delete(item.entry.roomId)
    if (known.size >= roomsMax) forgetOldest(known)
    known.set(item.entry.roomId, item)
  }

  return {
    async find(roomIds) {
      const oldest = nowMs() - freshMs
      const found = new Map<RoomId, RoomEntry>()
      const missing: RoomId[] = []
      for (const roomId of roomIds) {
        const item = known.get(roomId)
        if (item !== undefined && item.loadedAtMs > oldest) found.set(roomId, item.entry)
        else if (!absent.has(roomId)) missing.push(roomId)
      }
      if (missing.length === 0) return found
      for (const entry of (await reload(missing)).rooms) found.set(entry.roomId, entry)
      for (const roomId of missing) if (!found.has(roomId)) absent.add(roomId)
      return found
    },

    knows(roomIds) {
      const oldest = nowMs() - freshMs
      return roomIds.every((roomId) => {
        const item = known.get(roomId)
        return item === undefined ? absent.has(roomId) : item.loadedAtMs > oldest
      })
    },

    async resolve(roomIds, { atLeast }) {
      // Told of a version that is not ours, newer or (after a restore) older: nothing known counts.
      const entries = atLeast === 0 || atLeast === current ? entriesAt(known, roomIds, current) : undefined
      if (entries !== undefined) return { configVersion: current, destinations: destinationsOf(entries) }
      const { configVersion, rooms } = await reload(roomIds)
      return { configVersion, destinations: destinationsOf(rooms) }
    },

    forget(roomId) {
      known.delete(roomId)
    },
  }
}

/** All of the rooms' entries, if every one is known at exactly this version. */
function entriesAt(
  known: ReadonlyMap<RoomId, Known>,
  roomIds: readonly RoomId[],
  configVersion: number,
): readonly RoomEntry[] | undefined {
  const entries: RoomEntry[] = []
  for (const roomId of roomIds) {
    const item = known.get(roomId)
    if (item?.configVersion !== configVersion) return undefined
    entries.push(item.entry)
  }
  return entries
}

function destinationsOf(rooms: readonly RoomEntry[]): ReadonlyMap<RoomId, readonly DestinationVersionId[]> {
  return new Map(rooms.map((room) => [room.roomId, room.destinations]))
}
