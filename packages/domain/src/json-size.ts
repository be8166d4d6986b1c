/** Lists and objects in each other: what any operation takes has fewer. */
export const JSON_DEPTH_MAX = 16
/** Values of one call. */
export const JSON_VALUES_MAX = 10_000
/** Values of one item of a call that takes many, which may have more than `JSON_VALUES_MAX` in all. */
export const JSON_VALUES_PER_ITEM_MAX = 64

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const [LIST, LIST_END, OBJECT, OBJECT_END] = [0x5b, 0x5d, 0x7b, 0x7d]
/** Depth of the items in `{"messages":[…]}`. */
const ITEMS_DEPTH = 2

/**
 * Why a body is not worth parsing, if it is not: it is too deep, or has too many values. Asked before it is parsed, which
 * takes half a second for 8 MiB of `[{},{},…]`, while nobody else is answered. Values are counted by their commas and
 * brackets, so an empty list or object counts twice. `itemsMax` are the items that the call may have.
 */
export function jsonSizeFault(body: Uint8Array, { itemsMax }: { readonly itemsMax: number }): string | undefined {
  let depth = 0
  let values = 1
  let items = 1
  for (let i = 0; i < body.length; i++) {
    switch (body[i]) {
      case QUOTE:
        i = stringEnd(body, i)
        break
      case LIST:
      case OBJECT:
        depth += 1
        values += 1
        if (depth > JSON_DEPTH_MAX) return `Must have at most ${JSON_DEPTH_MAX} lists and objects in each other`
        break
      case LIST_END:
      case OBJECT_END:
        depth -= 1
        break
      case COMMA:
        values += 1
        if (depth === ITEMS_DEPTH && items < itemsMax) items += 1
        if (values > JSON_VALUES_MAX && values > JSON_VALUES_PER_ITEM_MAX * items) {
          return `Must have at most ${JSON_VALUES_MAX} values`
        }
        break
    }
  }
  return undefined
}

/** Where the string that begins at `from` has its closing quote; the body's end if it has none. */
function stringEnd(body: Uint8Array, from: number): number {
  for (let i = from + 1; i < body.length; i++) {
    if (body[i] === QUOTE) return i
    if (body[i] === BACKSLASH) i += 1
  }
  return body.length
}
