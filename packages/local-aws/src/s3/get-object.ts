import type { FileHandle } from 'node:fs/promises'
import { type Call, header } from '../call.ts'
import type { Reply } from '../reply.ts'
import type { Bucket } from './buckets.ts'
import { s3Error } from './error.ts'
import type { ObjectInfo } from './object-info.ts'
import type { ObjectStore } from './object-store.ts'

/** The object's bytes, whole or one range of them. */
export async function getObject(objects: ObjectStore, bucket: Bucket, key: string, call: Call): Promise<Reply> {
  const opened = await objects.open(bucket, key)
  if (opened === undefined) throw s3Error('NoSuchKey', 'The specified key does not exist.')
  const { info, file } = opened
  try {
    const refusal = checkConditions(call, info)
    if (refusal !== undefined) {
      await file.close()
      return refusal
    }
    const range = rangeOf(call, info.size)
    const from = range?.from ?? 0
    const length = range === undefined ? info.size : range.to - range.from + 1
    return {
      status: range === undefined ? 200 : 206,
      headers: {
        ...describe(call, info, range === undefined),
        'content-length': length,
        ...(range === undefined ? {} : { 'content-range': `bytes ${range.from}-${range.to}/${info.size}` }),
      },
      body: bytesOf(file, from, length),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** What is known of the object. */
export async function headObject(objects: ObjectStore, bucket: Bucket, key: string, call: Call): Promise<Reply> {
  const info = await objects.info(bucket, key)
  if (info === undefined) throw s3Error('NoSuchKey', 'The specified key does not exist.')
  const refusal = checkConditions(call, info)
  return refusal ?? { status: 200, headers: { ...describe(call, info, true), 'content-length': info.size } }
}

function describe(call: Call, info: ObjectInfo, whole: boolean): Record<string, string> {
  const withChecksums = whole && header(call, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED'
  const headers = Object.entries(info.headers).filter(([name]) => withChecksums || !name.startsWith('x-amz-checksum-'))
  return {
    'content-type': 'binary/octet-stream',
    ...Object.fromEntries(headers),
    etag: `"${info.etag}"`,
    'last-modified': new Date(info.lastModified).toUTCString(),
    'accept-ranges': 'bytes',
  }
}

function checkConditions(call: Call, info: ObjectInfo): Reply | undefined {
  const ifMatch = header(call, 'if-match')
  if (ifMatch !== undefined && ifMatch !== '*' && !tags(ifMatch).includes(info.etag)) {
    throw s3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold')
  }
  const ifNoneMatch = header(call, 'if-none-match')
  if (ifNoneMatch !== undefined && (ifNoneMatch === '*' || tags(ifNoneMatch).includes(info.etag))) {
    return { status: 304, headers: { etag: `"${info.etag}"` } }
  }
  return undefined
}

function tags(text: string): string[] {
  return text.split(',').map((tag) => tag.trim().replace(/^"|"$/g, ''))
}

function rangeOf(call: Call, size: number): { from: number; to: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header(call, 'range') ?? '')
  if (match === null || (match[1] === '' && match[2] === '')) return undefined
  const last = size - 1
  const from = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1])
  const to = match[1] === '' || match[2] === '' ? last : Math.min(last, Number(match[2]))
  if (from > to) throw s3Error('InvalidRange', 'The requested range is not satisfiable')
  return { from, to }
}

async function* bytesOf(file: FileHandle, from: number, length: number): AsyncGenerator<Buffer> {
  try {
    let at = from
    const end = from + length
    while (at < end) {
      const { bytesRead, buffer } = await file.read(
        Buffer.allocUnsafe(Math.min(READ_BYTES, end - at)),
        0,
        undefined,
        at,
      )
      if (bytesRead === 0) throw new Error('The object file is shorter than its sidecar says.')
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

const READ_BYTES = 256 * 1024
