const NS_PER_MS = 1_000_000n
/** 9999-12-31T23:59:59.999999999Z: past it the year has no four digits. */
const NS_MAX = 253_402_300_799_999_999_999n

/** A record's forms of one instant. */
export type RecordTime = { readonly timeMs: number; readonly eventTimestamp: string; readonly sendTime: string }

/**
 * All forms of a record's time, from nanoseconds since the epoch. `SendTime` has up to nine fractional digits without
 * trailing zeros, and none at all on a whole second (Go's RFC3339Nano); `event_timestamp` is cut to ms, never rounded.
 */
export function recordTime(ns: bigint): RecordTime {
  assertYear(ns)
  const timeMs = Number(ns / NS_PER_MS)
  return timeAt(timeMs, isoOf(timeMs), Number(ns % NS_PER_MS))
}

/** Times of records of one call: the first, and with each call one that is a nanosecond later. The calendar is asked once a ms. */
export function recordTimes(firstNs: bigint): () => RecordTime {
  assertYear(firstNs)
  let timeMs = Number(firstNs / NS_PER_MS)
  let belowMs = Number(firstNs % NS_PER_MS)
  let iso = isoOf(timeMs)
  return () => {
    if (belowMs === 1_000_000) {
      belowMs = 0
      timeMs += 1
      iso = isoOf(timeMs)
    }
    const time = timeAt(timeMs, iso, belowMs)
    belowMs += 1
    return time
  }
}

/** `payload.SendTime`. */
export function formatSendTime(ns: bigint): string {
  return recordTime(ns).sendTime
}

/** `event_timestamp`. */
export function formatEventTimestamp(ns: bigint): string {
  return recordTime(ns).eventTimestamp
}

function assertYear(ns: bigint): void {
  if (ns < 0n || ns > NS_MAX) throw new RangeError(`${ns} ns is outside the years 1970 to 9999`)
}

function isoOf(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

function timeAt(timeMs: number, eventTimestamp: string, belowMs: number): RecordTime {
  const sendTime = belowMs === 0 ? trimmed(eventTimestamp) : withDigits(eventTimestamp, belowMs)
  return { timeMs, eventTimestamp, sendTime }
}

function withDigits(iso: string, belowMs: number): string {
  const digits = String(belowMs).padStart(6, '0')
  return `${iso.slice(0, 23)}${digits.slice(0, endWithoutZeros(digits))}Z`
}

function trimmed(iso: string): string {
  const end = endWithoutZeros(iso.slice(0, 23))
  return iso[end - 1] === '.' ? `${iso.slice(0, end - 1)}Z` : `${iso.slice(0, end)}Z`
}

function endWithoutZeros(digits: string): number {
  let end = digits.length
  while (digits.charCodeAt(end - 1) === 0x30) end -= 1
  return end
}
