import { gunzipSync } from 'node:zlib'
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3'

/** The lines of a bucket's objects in the order of their keys, each with its `\n`. */
export async function readLines(client: S3Client, bucket: string): Promise<Buffer[]> {
  const lines: Buffer[] = []
  for (const key of await listKeys(client, bucket)) lines.push(...linesOf(await readObject(client, bucket, key)))
  return lines
}

export async function listKeys(client: S3Client, bucket: string): Promise<string[]> {
  const { Contents: objects = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }))
  return objects.flatMap(({ Key: key }) => (key === undefined ? [] : [key]))
}

async function readObject(client: S3Client, bucket: string, key: string): Promise<Buffer> {
  const { Body: body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
  const bytes = Buffer.from((await body?.transformToByteArray()) ?? [])
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf('\n', start) + 1 || bytes.length
    lines.push(bytes.subarray(start, end))
    start = end
  }
  return lines
}
