/** Draws 0 to `count` - 1; the n-th is drawn 1/n^`exponent` times as often as the first. */
export function createZipf(count: number, exponent: number, random: () => number): () => number {
  const upTo = new Float64Array(count)
  let sum = 0
  for (let i = 0; i < count; i++) {
    sum += 1 / (i + 1) ** exponent
    upTo[i] = sum
  }
  return () => firstAbove(upTo, random() * sum)
}

function firstAbove(upTo: Float64Array, value: number): number {
  let low = 0
  let high = upTo.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((upTo[middle] ?? 0) > value) high = middle
    else low = middle + 1
  }
  return low
}
