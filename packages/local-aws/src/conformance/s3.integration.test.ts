import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { conformanceEndpoint, refusal, uniqueName } from './endpoint.contract.ts'

const endpoint = conformanceEndpoint()
const Bucket = uniqueName('s3')
let s3: S3Client

beforeAll(async () => {
  s3 = new S3Client(endpoint.clientOptions())
  await s3.send(new CreateBucketCommand({ Bucket }))
})

afterAll(async () => {
  while (true) {
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }))
    if (Contents === undefined) break
    await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: Contents.map(({ Key }) => ({ Key })) } }))
  }
  await s3.send(new DeleteBucketCommand({ Bucket }))
  s3.destroy()
})

describe('objects', () => {
  test('what was put is what is got, with its headers and metadata', async () => {
    const metadata = { 'first-record': '17 AbC', unusual: 'a=b;c' }
    await put({
      Key: 'got/whole',
      Body: 'hello',
      Metadata: metadata,
      ContentType: 'text/plain',
      ContentEncoding: 'identity',
      ACL: 'bucket-owner-full-control',
    })
    const found = await s3.send(new GetObjectCommand({ Bucket, Key: 'got/whole' }))
    expect(await found.Body?.transformToString()).toBe('hello')
    expect(found).toMatchObject({ Metadata: metadata, ContentType: 'text/plain', ContentEncoding: 'identity' })
    expect(found.ETag).toBe(`"${createHash('md5').update('hello').digest('hex')}"`)
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'got/whole' }))
    expect(head).toMatchObject({ Metadata: metadata, ContentLength: 5, ETag: found.ETag })
    expect(Math.abs(Date.now() - Number(head.LastModified))).toBeLessThan(60_000)
  })

  test('an empty object and one of several megabytes', async () => {
    const large = Buffer.alloc(5_000_000, 'roomlog ')
    await put({ Key: 'size/empty', Body: '' })
    await put({ Key: 'size/large', Body: large })
    expect(await body('size/empty')).toBe('')
    const found = await s3.send(new GetObjectCommand({ Bucket, Key: 'size/large' }))
    expect(large.equals((await found.Body?.transformToByteArray()) ?? Buffer.alloc(0))).toBe(true)
  })

  test('a streamed body is stored without its framing', async () => {
    const parts = [Buffer.from('one '), Buffer.alloc(70_000, 'x'), Buffer.from(' two')]
    await put({ Key: 'streamed', Body: Readable.from(parts), ContentLength: 70_008, ContentEncoding: 'gzip' })
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'streamed', ChecksumMode: 'ENABLED' }))
    expect(head).toMatchObject({ ContentLength: 70_008, ContentEncoding: 'gzip' })
    expect(head.ChecksumCRC32).toBeDefined()
    expect(await body('streamed')).toBe(Buffer.concat(parts).toString())
  })

  test.each(['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const)('a %s checksum comes back', async (ChecksumAlgorithm) => {
    const key = `checksum/${ChecksumAlgorithm}`
    const answer = await put({ Key: key, Body: 'hello', ChecksumAlgorithm })
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: key, ChecksumMode: 'ENABLED' }))
    expect(answer[`Checksum${ChecksumAlgorithm}`]).toBeDefined()
    expect(head[`Checksum${ChecksumAlgorithm}`]).toBe(answer[`Checksum${ChecksumAlgorithm}`])
  })

  test('a body that does not match its checksum is refused and not stored', async () => {
    const wrong = Buffer.alloc(4).toString('base64')
    expect(await refusal(put({ Key: 'wrong', Body: 'hello', ChecksumCRC32: wrong }))).toMatchObject({ status: 400 })
    const sha256 = createHash('sha256').update('other').digest('base64')
    expect(await refusal(put({ Key: 'wrong', Body: 'hello', ChecksumSHA256: sha256 }))).toMatchObject({ status: 400 })
    const md5 = createHash('md5').update('other').digest('base64')
    expect((await refusal(put({ Key: 'wrong', Body: 'hello', ContentMD5: md5 }))).name).toBe('BadDigest')
    expect((await refusal(s3.send(new HeadObjectCommand({ Bucket, Key: 'wrong' })))).name).toBe('NotFound')
  })

  test('a range is answered alone', async () => {
    await put({ Key: 'range', Body: '0123456789' })
    const get = (Range: string) => s3.send(new GetObjectCommand({ Bucket, Key: 'range', Range }))
    const middle = await get('bytes=2-4')
    expect(middle.ContentRange).toBe('bytes 2-4/10')
    expect(await middle.Body?.transformToString()).toBe('234')
    expect(await (await get('bytes=-3')).Body?.transformToString()).toBe('789')
    expect(await (await get('bytes=8-')).Body?.transformToString()).toBe('89')
    expect((await refusal(get('bytes=10-11'))).name).toBe('InvalidRange')
  })

  test('a missing object is NoSuchKey, a missing bucket NoSuchBucket', async () => {
    expect(await refusal(s3.send(new GetObjectCommand({ Bucket, Key: 'none' })))).toEqual({
      name: 'NoSuchKey',
      status: 404,
    })
    const none = uniqueName('none')
    const refused = await refusal(s3.send(new PutObjectCommand({ Bucket: none, Key: 'a', Body: 'a' })))
    expect(refused).toEqual({ name: 'NoSuchBucket', status: 404 })
    expect((await refusal(s3.send(new HeadBucketCommand({ Bucket: none })))).status).toBe(404)
  })

  test('deleting what is not there succeeds', async () => {
    await put({ Key: 'deleted', Body: 'a' })
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'deleted' }))
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'deleted' }))
    expect((await refusal(s3.send(new HeadObjectCommand({ Bucket, Key: 'deleted' })))).status).toBe(404)
  })
})

describe('conditional writes', () => {
  test('If-None-Match refuses a key that is there, and leaves its object alone', async () => {
    await put({ Key: 'once', Body: 'first', Metadata: { turn: 'first' }, IfNoneMatch: '*' })
    const refused = await refusal(put({ Key: 'once', Body: 'second', Metadata: { turn: 'second' }, IfNoneMatch: '*' }))
    expect(refused).toEqual({ name: 'PreconditionFailed', status: 412 })
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: 'once' }))
    expect(head).toMatchObject({ Metadata: { turn: 'first' }, ContentLength: 5 })
  })

  test('of many at the same time exactly one wins', async () => {
    for (let round = 0; round < 5; round += 1) {
      const bodies = Array.from({ length: 12 }, (_, index) => `writer ${index}`)
      const outcomes = await Promise.all(
        bodies.map(async (Body) => {
          const writing = put({ Key: `race/${round}`, Body, IfNoneMatch: '*', Metadata: { writer: Body } })
          return writing.then(
            () => Body,
            (error: unknown) => (error instanceof Error ? error.name : 'unknown'),
          )
        }),
      )
      const winners = outcomes.filter((outcome) => outcome.startsWith('writer'))
      expect(winners).toHaveLength(1)
      const losers = outcomes.filter((outcome) => !outcome.startsWith('writer'))
      expect(losers.every((name) => ['PreconditionFailed', 'ConditionalRequestConflict'].includes(name))).toBe(true)
      expect(await body(`race/${round}`)).toBe(winners[0])
      const head = await s3.send(new HeadObjectCommand({ Bucket, Key: `race/${round}` }))
      expect(head.Metadata).toEqual({ writer: winners[0] })
    }
  })

  test('If-Match replaces only what it names', async () => {
    const { ETag } = await put({ Key: 'match', Body: 'one' })
    await put({ Key: 'match', Body: 'two', IfMatch: ETag })
    expect((await refusal(put({ Key: 'match', Body: 'three', IfMatch: ETag }))).status).toBe(412)
    expect((await refusal(put({ Key: 'match/none', Body: 'x', IfMatch: ETag }))).status).toBe(404)
    expect(await body('match')).toBe('two')
  })

  test('a condition with a wrong checksum stores nothing', async () => {
    const wrong = Buffer.alloc(4).toString('base64')
    await refusal(put({ Key: 'both', Body: 'x', IfNoneMatch: '*', ChecksumCRC32: wrong }))
    await put({ Key: 'both', Body: 'x', IfNoneMatch: '*' })
  })
})

describe('limits', () => {
  test('a key has at most 1,024 bytes', async () => {
    await put({ Key: 'k'.repeat(1024), Body: 'x' })
    expect(await body('k'.repeat(1024))).toBe('x')
    expect((await refusal(put({ Key: 'k'.repeat(1025), Body: 'x' }))).name).toBe('KeyTooLongError')
    expect((await refusal(put({ Key: '\u00fc'.repeat(513), Body: 'x' }))).name).toBe('KeyTooLongError')
  })

  test('metadata has at most 2 KB', async () => {
    await put({ Key: 'metadata', Body: 'x', Metadata: { name: 'v'.repeat(2044) } })
    const refused = await refusal(put({ Key: 'metadata', Body: 'x', Metadata: { name: 'v'.repeat(2045) } }))
    expect(refused.name).toBe('MetadataTooLarge')
  })

  test('bucket names have rules, and one name one bucket', async () => {
    // Other tools refuse these in the client; the SDK's checks are for virtual hosts only.
    expect((await refusal(s3.send(new CreateBucketCommand({ Bucket: 'Upper-Case' })))).name).toBe('InvalidBucketName')
    expect((await refusal(s3.send(new CreateBucketCommand({ Bucket: 'ab' })))).name).toBe('InvalidBucketName')
    const ACL: string = 'everyone'
    expect((await refusal(s3.send(new PutObjectCommand({ Bucket, Key: 'a', ...acl(ACL) })))).status).toBe(400)
  })

  test('one call deletes at most 1,000 keys', async () => {
    const Objects = Array.from({ length: 1001 }, (_, index) => ({ Key: `many/${index}` }))
    expect((await refusal(s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } })))).name).toBe(
      'MalformedXML',
    )
    const answer = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: Objects.slice(1) } }))
    expect(answer.Deleted).toHaveLength(1000)
  })

  test('a bucket with objects is not deleted', async () => {
    await put({ Key: 'kept', Body: 'x' })
    expect((await refusal(s3.send(new DeleteBucketCommand({ Bucket })))).name).toBe('BucketNotEmpty')
  })
})

describe('lists', () => {
  const keys = ['l/a', 'l/a/b', 'l/a-b', 'l/b//c', 'l/B', 'l/\u00fc', 'l/\u{1f600}', 'l/\uff5e', 'l/z&<"\'>']

  test('keys come in the order of their UTF-8 bytes, page by page', async () => {
    await Promise.all(keys.map((Key) => put({ Key, Body: Key })))
    const found: string[] = []
    let token: string | undefined
    do {
      const page = await s3.send(
        new ListObjectsV2Command({ Bucket, Prefix: 'l/', MaxKeys: 2, ContinuationToken: token }),
      )
      expect(page.Contents?.length).toBeLessThanOrEqual(2)
      found.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''))
      token = page.NextContinuationToken
    } while (token !== undefined)
    expect(found).toEqual([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
  })

  test('a delimiter rolls keys up, start-after goes on behind a key', async () => {
    await Promise.all(keys.map((Key) => put({ Key, Body: Key })))
    const rolled = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'l/', Delimiter: '/' }))
    expect(rolled.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(['l/a/', 'l/b/'])
    expect(rolled.KeyCount).toBe(keys.length)
    const after = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'l/', StartAfter: 'l/a/b' }))
    expect(after.Contents?.[0]?.Key).toBe('l/b//c')
  })

  test('a write is listed at once', async () => {
    await put({ Key: 'fresh/1', Body: 'x' })
    const list = () => s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'fresh/' }))
    expect((await list()).Contents).toMatchObject([{ Key: 'fresh/1', Size: 1 }])
    await s3.send(new DeleteObjectCommand({ Bucket, Key: 'fresh/1' }))
    expect((await list()).KeyCount).toBe(0)
  })
})

describe('keys that a file system would take amiss', () => {
  // The SDK sends these as they are; what the server stores must be neither folded nor outside the bucket.
  test.each([
    ['dots', 'h/../../x/./y'],
    ['slashes', 'h//x///'],
    ['a leading slash', '/h/x'],
    ['a long segment', `h/${'s'.repeat(600)}/t`],
    ['percent signs', 'h/%2F%/%~/a%'],
    ['odd characters', 'h/ \t*?:|"<>\\\u0001\u00e9'],
    ['a file that is also a folder', 'h/f'],
    ['a folder that is also a file', 'h/f/g'],
  ])('%s', async (_, Key) => {
    await put({ Key, Body: Key })
    expect(await body(Key)).toBe(Key)
    const list = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: Key, EncodingType: 'url' }))
    expect(list.Contents?.map((found) => decodeURIComponent(found.Key ?? ''))).toContain(Key)
  })
})

describe('buckets', () => {
  test('a policy is kept, and refused when it is no JSON', async () => {
    expect((await refusal(s3.send(new GetBucketPolicyCommand({ Bucket })))).name).toBe('NoSuchBucketPolicy')
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'NoDelete',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:DeleteBucketWebsite',
          Resource: `arn:aws:s3:::${Bucket}`,
        },
      ],
    })
    await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }))
    const found = await s3.send(new GetBucketPolicyCommand({ Bucket }))
    expect(JSON.parse(found.Policy ?? '')).toMatchObject({ Version: '2012-10-17' })
    expect((await refusal(s3.send(new PutBucketPolicyCommand({ Bucket, Policy: 'x' })))).name).toBe('MalformedPolicy')
  })

  test('a bucket knows its Region', async () => {
    await s3.send(new HeadBucketCommand({ Bucket }))
    await s3.send(new GetBucketLocationCommand({ Bucket }))
  })
})

function put(input: Omit<PutObjectCommandInput, 'Bucket'>) {
  return s3.send(new PutObjectCommand({ Bucket, ...input }))
}

async function body(Key: string): Promise<string | undefined> {
  return (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString()
}

/** A canned ACL that the SDK's types do not know. */
function acl(name: string): Pick<PutObjectCommandInput, 'ACL'> {
  return JSON.parse(JSON.stringify({ ACL: name }))
}
