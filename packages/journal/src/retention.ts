/** No S3 object holds records of two hours (of effective time, UTC). */
export const HOUR_MS = 3_600_000

/** How many of the oldest records must go until the rest fits, if all weigh the same; 0 if it does. */
export function tooMany(waiting: {
  readonly records: number
  readonly bytes: number
  readonly bytesMax: number
}): number {
  const { records, bytes, bytesMax } = waiting
  return bytes <= bytesMax ? 0 : Math.ceil(records * (1 - bytesMax / bytes))
}

/** A lane that has delivered within this time drains, whatever trouble it is in at the moment. */
export function drainingMs({ keepMs }: { readonly keepMs: number }): number {
  return Math.min(keepMs, HOUR_MS)
}
