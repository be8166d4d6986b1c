/** What one destination holds, held against what was acknowledged. */
export type Comparison = {
  /** Records of the ledger that are there. */
  readonly found: number
  readonly missing: number
  /** Times that a record is there beyond its first. */
  readonly repeats: number
  /** Records that nobody was told are recorded. */
  readonly unknown: number
  /** Whether each room's records, each by its first appearance, stand in the order of their acknowledgement. */
  readonly inOrder: boolean
}

type ByRoom = ReadonlyMap<string, readonly string[]>

/** Compares Ids by room; the order inside a room is the order of its list. */
export function compare(sent: ByRoom, read: ByRoom): Comparison {
  const total = { found: 0, missing: 0, repeats: 0, unknown: 0, inOrder: true }
  for (const [room, ids] of sent) {
    const one = compareRoom(ids, read.get(room) ?? [])
    total.found += one.found
    total.missing += one.missing
    total.repeats += one.repeats
    total.unknown += one.unknown
    total.inOrder &&= one.inOrder
  }
  for (const [room, ids] of read) {
    if (!sent.has(room)) total.unknown += ids.length
  }
  return total
}

function compareRoom(sent: readonly string[], read: readonly string[]): Comparison {
  const place = new Map(sent.map((id, index) => [id, index]))
  const seen = new Set<string>()
  let repeats = 0
  let unknown = 0
  let inOrder = true
  let last = -1
  for (const id of read) {
    const index = place.get(id)
    if (index === undefined) unknown += 1
    else if (seen.has(id)) repeats += 1
    else {
      seen.add(id)
      if (index < last) inOrder = false
      last = index
    }
  }
  return { found: seen.size, missing: place.size - seen.size, repeats, unknown, inOrder }
}

/** The value that `share` (0 to 1) of the values do not exceed; undefined of none. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = Float64Array.from(values).sort()
  return sorted.at(Math.max(0, Math.ceil(share * sorted.length) - 1))
}
