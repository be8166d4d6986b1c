/** What the records of one batch should weigh at most: it is committed, read and unpacked as a whole. */
export const BATCH_BYTES_MAX = 4 * 1024 * 1024
