import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type AppendFile, appendFile } from '../append-file.ts'

/**
 * Records that were accepted and wait for delivery, in one file: a first line that fixes the object they will become,
 * then one line a request. A file that was sealed once is never written again, and its object is created under the
 * same name however often that is tried: a crash between object and removal does not deliver twice.
 */
export type Segment = {
  readonly path: string
  readonly openedMs: number
  readonly uuid: string
}

export type OpenSegment = Segment & {
  /** Resolves when the records are on disk. */
  append(records: readonly string[], rawBytes: number): Promise<void>
  bytes(): number
  settled(): Promise<void>
}

export function openSegment(options: {
  folder: string
  number: number
  openedMs: number
  uuid: string
  fsync: boolean
}): OpenSegment {
  const { openedMs, uuid } = options
  const path = join(options.folder, segmentName(options.number))
  const file: AppendFile = appendFile(path, 0, options.fsync)
  let bytes = 0
  let header = `${JSON.stringify({ openedMs, uuid })}\n`
  return {
    path,
    openedMs,
    uuid,
    async append(records, rawBytes) {
      bytes += rawBytes
      const text = `${header}${JSON.stringify(records)}\n`
      header = ''
      await file.append(Buffer.from(text))
    },
    bytes: () => bytes,
    settled: () => file.settled(),
  }
}

/** Segments that an earlier life left, oldest first. */
export async function leftSegments(folder: string): Promise<Segment[]> {
  const left: Segment[] = []
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ndjson')).sort()
  for (const name of names) {
    const path = join(folder, name)
    const lines = wholeLines(await readFile(path))
    const header = Header.safeParse(lines.next().value).data
    // Without a header no request of it was answered.
    if (header === undefined) await rm(path)
    else left.push({ path, ...header })
  }
  return left
}

/** The records of a segment, one after the other. */
export async function readSegment(segment: Segment): Promise<Buffer> {
  const parts: Buffer[] = []
  const lines = wholeLines(await readFile(segment.path))
  lines.next()
  for (const line of lines) {
    for (const record of Records.parse(line)) parts.push(Buffer.from(record, 'base64'))
  }
  return Buffer.concat(parts)
}

/** The number in the name of the last segment. */
export function numberOf(segment: Segment): number {
  return Number(/(\d+)\.ndjson$/.exec(segment.path)?.[1] ?? 0)
}

const Header = z.object({ openedMs: z.number(), uuid: z.string() })
const Records = z.array(z.string())

function segmentName(number: number): string {
  return `${String(number).padStart(10, '0')}.ndjson`
}

/** A last line without its end was torn by a kill: its request was not answered. */
function* wholeLines(bytes: Buffer): Generator<unknown> {
  for (let from = 0; ; ) {
    const end = bytes.indexOf(0x0a, from)
    if (end < 0) return
    yield JSON.parse(bytes.toString('utf8', from, end))
    from = end + 1
  }
}
