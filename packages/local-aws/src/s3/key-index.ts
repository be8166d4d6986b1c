/**
 * The sorted keys of one bucket. Keys are kept as byte strings (one char per UTF-8 byte), so that plain comparison
 * is S3's order. About 150 bytes of memory for a key of ordinary length.
 */
export type KeyIndex = {
  add(key: string): void
  remove(key: string): void
  size(): number
  list(query: ListQuery): ListPage
}

export type ListQuery = {
  readonly prefix: string
  readonly delimiter: string
  /** Byte string: the first key or common prefix that may be listed. */
  readonly from: string
  readonly keysMax: number
}

export type ListPage = {
  readonly keys: readonly string[]
  readonly commonPrefixes: readonly string[]
  /** Byte string to go on from; absent at the end. */
  readonly next?: string
}

export function keyIndex(): KeyIndex {
  let sorted: string[] = []
  let added: string[] = []
  const removed = new Set<string>()

  return {
    add(key) {
      const bytes = toByteString(key)
      removed.delete(bytes)
      added.push(bytes)
    },
    remove(key) {
      removed.add(toByteString(key))
    },
    size: () => settle().length,
    list: (query) => listSorted(settle(), query),
  }

  function settle(): string[] {
    if (added.length > 0) {
      added.sort(compare)
      sorted = merge(sorted, added)
      added = []
    }
    if (removed.size > 0) {
      sorted = sorted.filter((key) => !removed.has(key))
      removed.clear()
    }
    return sorted
  }
}

export function toByteString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

export function fromByteString(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

function listSorted(sorted: readonly string[], query: ListQuery): ListPage {
  const prefix = toByteString(query.prefix)
  const delimiter = toByteString(query.delimiter)
  const keys: string[] = []
  const commonPrefixes: string[] = []
  let at = lowerBound(sorted, laterOf(query.from, prefix))
  while (true) {
    const key = sorted[at]
    if (key === undefined || !key.startsWith(prefix)) return { keys, commonPrefixes }
    if (keys.length + commonPrefixes.length >= query.keysMax) return { keys, commonPrefixes, next: key }
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    if (cut < 0) {
      keys.push(fromByteString(key))
      at += 1
    } else {
      const common = key.slice(0, cut + delimiter.length)
      commonPrefixes.push(fromByteString(common))
      at = lowerBound(sorted, successor(common))
    }
  }
}

function laterOf(a: string, b: string): string {
  return compare(a, b) > 0 ? a : b
}

/** The least string behind everything that starts with `prefix`. */
function successor(prefix: string): string {
  return `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`
}

function lowerBound(sorted: readonly string[], wanted: string): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? '') < wanted) low = middle + 1
    else high = middle
  }
  return low
}

function merge(left: readonly string[], right: readonly string[]): string[] {
  const out: string[] = []
  let i = 0
  let j = 0
  while (i < left.length || j < right.length) {
    const a = left[i]
    const b = right[j]
    const next = b === undefined || (a !== undefined && a <= b) ? a : b
    if (a === next) i += 1
    if (b === next) j += 1
    // Adding a key twice, or one that is there already, changes nothing.
    if (next !== undefined && out[out.length - 1] !== next) out.push(next)
  }
  return out
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
