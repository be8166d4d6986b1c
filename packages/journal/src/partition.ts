import type { RoomId } from '@roomlog/domain'
import type { Partition } from './port.ts'

/** The partition of a room among `partitions`. Frozen: FNV-1a over the id; a change would send a room's next records elsewhere. */
export function partitionOf(roomId: RoomId, partitions: number): Partition {
  let hash = 0x811c9dc5
  for (let i = 0; i < roomId.length; i++) hash = Math.imul(hash ^ roomId.charCodeAt(i), 0x01000193)
  return toPartition((hash >>> 0) % partitions)
}

export function toPartition(value: number): Partition {
  if (!Number.isInteger(value) || value < 0) throw new Error(`not a partition: ${value}`)
  // biome-ignore lint/plugin/no-casts: a brand, for a value that was checked just above
  return value as Partition
}
