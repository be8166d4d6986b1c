import type { BatchLimits, Rejected, SinkRecord } from '../port.ts'
import { BATCH_BYTES_MAX, BATCH_RECORDS_MAX, FIREHOSE_LIMITS, RECORD_BYTES_MAX } from './limits.ts'

/** Records that go as one Firehose record: their indexes, `to` exclusive. */
export type Pack = { readonly from: number; readonly to: number }

/** Neighbours together, as long as they have at most `packBytes`; a larger record goes alone. */
export function packsOf(records: readonly Pick<SinkRecord, 'byteLength'>[], packBytes: number): readonly Pack[] {
  const packs: Pack[] = []
  let from = 0
  let bytes = 0
  records.forEach(({ byteLength }, index) => {
    if (index > from && bytes + byteLength > packBytes) {
      packs.push({ from, to: index })
      from = index
      bytes = 0
    }
    bytes += byteLength
  })
  if (records.length > 0) packs.push({ from, to: records.length })
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
export function rejectedIn(packs: readonly Pack[], rejected: readonly Rejected[]): readonly Rejected[] {
  return rejected.flatMap((one) => {
    const { from, to } = packs[one.index] ?? { from: 0, to: 0 }
    return Array.from({ length: to - from }, (_, n) => ({ ...one, index: from + n }))
  })
}
