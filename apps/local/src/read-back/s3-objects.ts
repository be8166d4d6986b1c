import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3'

const IN_FLIGHT_MAX = 16

export type StoredObject = { readonly key: string; readonly lastModifiedMs: number }

/** All objects whose keys begin with `prefix`, in key order. */
export async function listObjects(
  s3: S3Client,
  bucket: string,
  prefix: string,
  signal: AbortSignal,
): Promise<StoredObject[]> {
  const objects: StoredObject[] = []
  let token: string | undefined
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...(token ? { ContinuationToken: token } : {}) }),
      { abortSignal: signal },
    )
    for (const { Key, LastModified } of page.Contents ?? []) {
      if (Key !== undefined) objects.push({ key: Key, lastModifiedMs: LastModified?.getTime() ?? 0 })
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined
  } while (token !== undefined)
  return objects
}

/** The objects with their bytes, in the order asked for; a few are read ahead. */
export async function* readObjects(
  s3: S3Client,
  bucket: string,
  objects: readonly StoredObject[],
  signal: AbortSignal,
): AsyncGenerator<StoredObject & { readonly bytes: Uint8Array }> {
  const ahead: Promise<Uint8Array>[] = []
  const read = async (key: string): Promise<Uint8Array> => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal })
    if (Body === undefined) throw new Error(`${key} has no body`)
    return Body.transformToByteArray()
  }
  for (const [index, object] of objects.entries()) {
    while (ahead.length < IN_FLIGHT_MAX) {
      const next = objects[index + ahead.length]
      if (next === undefined) break
      const bytes = read(next.key)
      bytes.catch(() => undefined)
      ahead.push(bytes)
    }
    const bytes = await ahead.shift()
    if (bytes !== undefined) yield { ...object, bytes }
  }
}
