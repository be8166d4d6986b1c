import { ENTRY_FORMAT, LZ4_FORMAT, SET_ASIDE_FORMAT, ZSTD_FORMAT } from './entry.ts'

/** Formats of batches that this version reads, and says so in the roll. */
export const FORMATS_READ: readonly number[] = [ENTRY_FORMAT, LZ4_FORMAT, SET_ASIDE_FORMAT, ZSTD_FORMAT]

/** What a process reads that is in the roll and does not say: it is of a version that did not do that yet. */
export const FORMATS_UNSAID: readonly number[] = [ENTRY_FORMAT, LZ4_FORMAT]

/** What earlier versions wrote and this one does not read any more. */
export const FORMATS_DROPPED: readonly number[] = []
