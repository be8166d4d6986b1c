import type { BatchLimits, Rejected, SinkRecord, SinkRecords } from '../port.ts'
import { BATCH_BYTES_MAX, BATCH_RECORDS_MAX, FIREHOSE_LIMITS, RECORD_BYTES_MAX } from './limits.ts'

/** Runs of records that go as one Firehose record each: the index behind the last one of each. */
export type Packs = readonly number[]

type Sized = SinkRecords<Pick<SinkRecord, 'byteLength'>>

/** Neighbours together, as long as they have at most `packBytes`; a larger record goes alone, and with 0 each. */
export function packsOf(records: Sized, packBytes: number): Packs {
  if (packBytes === 0) return Array.from({ length: records.length }, (_, index) => index + 1)
  const packs: number[] = []
  let bytes = 0
  for (let index = 0; index < records.length; index++) {
    const byteLength = records.at(index)?.byteLength ?? 0
    if (bytes > 0 && bytes + byteLength > packBytes) {
      packs.push(index)
      bytes = 0
    }
    bytes += byteLength
  }
  if (records.length > 0) packs.push(records.length)
  return packs
}

/**
 * What one write takes. Two neighbouring packs have more than `packBytes` together, which bounds how many packs there can
 * be by the bytes.
 */
export function limitsFor(packBytes: number): BatchLimits {
  if (packBytes === 0) return FIREHOSE_LIMITS
  const bytesMax = Math.min(BATCH_BYTES_MAX, Math.floor(((BATCH_RECORDS_MAX - 1) * packBytes) / 2))
  return { ...FIREHOSE_LIMITS, recordsMax: RECORDS_MAX, bytesMax, recordBytesMax: Math.min(RECORD_BYTES_MAX, bytesMax) }
}

/** Ours, with packs. */
const RECORDS_MAX = 10_000

/** A pack that was refused, as its records. */
export function rejectedIn(packs: Packs, rejected: readonly Rejected[]): readonly Rejected[] {
  return rejected.flatMap((one) => {
    const from = one.index === 0 ? 0 : (packs[one.index - 1] ?? 0)
    const to = packs[one.index] ?? from
    return Array.from({ length: to - from }, (_, n) => ({ ...one, index: from + n }))
  })
}
