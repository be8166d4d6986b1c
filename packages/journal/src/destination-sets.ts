import type { DestinationVersionId } from '@roomlog/domain'

type DestinationSet = { readonly ids: readonly DestinationVersionId[]; records: number }

/** The different lists of destinations of a batch's records, in the order they are met, and how many records have each. */
export class DestinationSets {
  readonly all: DestinationSet[] = []
  // A room's records share one list, so that most are known by their identity alone.
  readonly #byList = new Map<readonly DestinationVersionId[], number>()
  readonly #byIds = new Map<string, number>()

  /** Counts a record with these destinations; the number of their set. */
  count(ids: readonly DestinationVersionId[]): number {
    const at = this.#byList.get(ids) ?? this.#find(ids)
    const set = this.all[at]
    if (set) set.records += 1
    return at
  }

  /** As they stand in an entry's index: a byte of length and four for each id. */
  get encodedBytes(): number {
    return this.all.reduce((bytes, { ids }) => bytes + 1 + 4 * ids.length, 0)
  }

  /** Records to each destination. */
  countsById(): ReadonlyMap<DestinationVersionId, number> {
    const counts = new Map<DestinationVersionId, number>()
    for (const { ids, records } of this.all) {
      for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + records)
    }
    return counts
  }

  #find(ids: readonly DestinationVersionId[]): number {
    const key = ids.join()
    const at = this.#byIds.get(key) ?? this.all.push({ ids, records: 0 }) - 1
    this.#byIds.set(key, at)
    this.#byList.set(ids, at)
    return at
  }
}
