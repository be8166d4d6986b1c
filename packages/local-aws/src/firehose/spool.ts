import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { appendFile } from '../append-file.ts'
import { codeOf } from '../durable-file.ts'

/**
 * Records that were accepted and wait for delivery, in one file with one line a request. The file's name fixes the
 * object that they will become, and a file that was sealed once is never written again: its object is created under
 * the same key however often that is tried, so a crash between object and removal does not deliver twice.
 */
export type Segment = {
  readonly path: string
  readonly number: number
  readonly openedMs: number
  readonly uuid: string
  /** Resolves when nothing is being written. */
  settled(): Promise<void>
}

export type OpenSegment = Segment & {
  /** Resolves when the records (base64) are on disk. */
  append(records: readonly string[]): Promise<void>
}

export function openSegment(
  folder: string,
  named: Pick<Segment, 'number' | 'openedMs' | 'uuid'>,
  fsync: boolean,
): OpenSegment {
  const { number, openedMs, uuid } = named
  const path = join(folder, `${String(number).padStart(10, '0')}_${openedMs}_${uuid}.ndjson`)
  const file = appendFile(path, 0, fsync)
  return {
    path,
    ...named,
    async append(records) {
      await file.append(Buffer.from(`${JSON.stringify(records)}\n`))
    },
    settled: () => file.settled(),
  }
}

/** Segments that an earlier life left, oldest first. */
export async function leftSegments(folder: string): Promise<Segment[]> {
  const names = (await readdir(folder)).sort()
  return names.flatMap((name) => {
    const match = /^(\d+)_(\d+)_([0-9a-f-]+)\.ndjson$/.exec(name)
    if (match === null) return []
    const [, number, openedMs, uuid = ''] = match
    const path = join(folder, name)
    return [{ path, number: Number(number), openedMs: Number(openedMs), uuid, settled: () => Promise.resolve() }]
  })
}

/** The records of a segment, one after the other. */
export async function readSegment(segment: Segment): Promise<Buffer> {
  const parts: Buffer[] = []
  for (const line of wholeLines(await bytesOf(segment.path))) {
    for (const record of Records.parse(line)) parts.push(Buffer.from(record, 'base64'))
  }
  return Buffer.concat(parts)
}

async function bytesOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    // Its first write failed.
    if (codeOf(error) === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

const Records = z.array(z.string())

/** A last line without its end was torn by a kill: its request was not answered. */
function* wholeLines(bytes: Buffer): Generator<unknown> {
  for (let from = 0; ; ) {
    const end = bytes.indexOf(0x0a, from)
    if (end < 0) return
    yield JSON.parse(bytes.toString('utf8', from, end))
    from = end + 1
  }
}
