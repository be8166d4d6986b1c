import { gzipSync } from 'node:zlib'
import { createRecordSource, roomsOf } from '../generator/records.ts'
import { type Bench, ROOMS, START_MS } from './bench.ts'
import type { Row } from './row.ts'

const RECORDS_QUICK = 200_000
const RECORDS = 1_000_000
const CHUNK_RECORDS = 10_000

/** gzip level 6 of the same records on one thread: what this machine's CPU is worth. */
export function measureCalibration(bench: Bench): Row {
  const records = bench.quick ? RECORDS_QUICK : RECORDS
  const source = createRecordSource({ seed: bench.seed, rooms: roomsOf(bench.seed, ROOMS), startMs: START_MS })
  let cpuMicros = 0
  let packed = 0
  for (let done = 0; done < records; done += CHUNK_RECORDS) {
    const lines = Buffer.concat(Array.from({ length: CHUNK_RECORDS }, () => source.next().bytes))
    const before = process.cpuUsage()
    packed += gzipSync(lines, { level: 6 }).length
    const { user, system } = process.cpuUsage(before)
    cpuMicros += user + system
  }
  const seconds = cpuMicros / 1_000_000
  return {
    name: 'calibration.gzip6',
    records,
    runs: 1,
    cpuSecondsPerMillion: (seconds / records) * 1_000_000,
    recordsPerSecond: records / seconds,
    bytesPerMillion: (packed / records) * 1_000_000,
    details: { bytesPerRecord: source.bytes / records, ratio: source.bytes / packed },
  }
}
