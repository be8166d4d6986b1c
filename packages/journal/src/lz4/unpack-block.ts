/** As the WebAssembly does, where there is none: slower, and what was packed elsewhere can be read all the same. */
export function unpackBlock(packed: Uint8Array, to: Uint8Array): number | undefined {
  let from = 0
  let at = 0

  function lengthOf(bits: number): number {
    let length = bits
    for (let more = bits === 15 ? 255 : 0; more === 255; length += more) more = packed[from++] ?? 0
    return length
  }

  while (from < packed.length) {
    const token = packed[from++] ?? 0
    const literals = lengthOf(token >> 4)
    if (from + literals > packed.length || at + literals > to.length) return undefined
    to.set(packed.subarray(from, from + literals), at)
    from += literals
    at += literals
    // The last sequence has no match.
    if (from === packed.length) return at

    const back = (packed[from++] ?? 0) | ((packed[from++] ?? 0) << 8)
    const end = at + 4 + lengthOf(token & 15)
    if (back === 0 || back > at || end > to.length) return undefined
    // One by one: a match may go on into what it writes.
    for (; at < end; at++) to[at] = to[at - back] ?? 0
  }
  return undefined
}
