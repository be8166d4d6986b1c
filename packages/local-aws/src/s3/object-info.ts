import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { z } from 'zod'

/** What is known of an object besides its bytes; kept in a sidecar file. */
export const ObjectInfo = z.object({
  key: z.string(),
  size: z.number(),
  etag: z.string(),
  lastModified: z.number(),
  /** Answered as they were sent: content-type, content-encoding, x-amz-meta-*, checksums. */
  headers: z.record(z.string(), z.string()),
  acl: z.string(),
})
export type ObjectInfo = z.infer<typeof ObjectInfo>

/** Of a file without a sidecar: a person put it there, or a power cut took the sidecar. */
export async function infoFromFile(key: string, path: string): Promise<ObjectInfo> {
  const md5 = createHash('md5')
  const file = await open(path, 'r')
  try {
    const { size, mtimeMs } = await file.stat()
    for await (const bytes of file.createReadStream({ autoClose: false })) md5.update(bytes)
    return { key, size, etag: md5.digest('hex'), lastModified: mtimeMs, headers: {}, acl: 'private' }
  } finally {
    await file.close()
  }
}
