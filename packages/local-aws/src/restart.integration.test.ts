import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, readdir, readFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { CreateDeliveryStreamCommand, PutRecordCommand } from '@aws-sdk/client-firehose'
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { refusal } from './conformance/endpoint.contract.ts'
import { startLocalAws } from './index.ts'
import { cleanUp, until } from './started.contract.ts'

const clean = cleanUp()

test('everything is there again after a restart', async () => {
  const dataDir = await clean.folder()
  const first = await startLocalAws({ dataDir })
  const one = clean.clients(first.url)
  const at = { logGroupName: '/my/group', logStreamName: 'a/b' }
  await one.s3.send(new CreateBucketCommand({ Bucket: 'bucket' }))
  await one.s3.send(new PutBucketPolicyCommand({ Bucket: 'bucket', Policy: '{"Version":"2012-10-17"}' }))
  for (const Key of ['f/g', 'f', 'f//', '../x', '%']) {
    await one.s3.send(new PutObjectCommand({ Bucket: 'bucket', Key, Body: Key, Metadata: { key: Key } }))
  }
  await one.logs.send(new CreateLogGroupCommand(at))
  await one.logs.send(new PutRetentionPolicyCommand({ ...at, retentionInDays: 7 }))
  await one.logs.send(new CreateLogStreamCommand(at))
  await one.logs.send(new PutLogEventsCommand({ ...at, logEvents: [{ timestamp: Date.now(), message: 'kept' }] }))
  await first.close()

  const second = await startLocalAws({ dataDir })
  clean.atEnd(() => second.close())
  const { s3, logs } = clean.clients(second.url)
  const list = await s3.send(new ListObjectsV2Command({ Bucket: 'bucket' }))
  expect(list.Contents?.map(({ Key }) => Key)).toEqual(['%', '../x', 'f', 'f//', 'f/g'])
  const found = await s3.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'f' }))
  expect([await found.Body?.transformToString(), found.Metadata]).toEqual(['f', { key: 'f' }])
  const groups = await logs.send(new DescribeLogGroupsCommand({}))
  expect(groups.logGroups).toMatchObject([{ logGroupName: '/my/group', retentionInDays: 7 }])
  const events = await logs.send(new FilterLogEventsCommand({ logGroupName: '/my/group' }))
  expect(events.events).toMatchObject([{ message: 'kept', logStreamName: 'a/b' }])
})

test('a person finds objects and events as plain files', async () => {
  const dataDir = await clean.folder()
  const aws = await startLocalAws({ dataDir })
  clean.atEnd(() => aws.close())
  const { s3, logs } = clean.clients(aws.url)
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }))
  await s3.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'a/b.log', Body: 'hello' }))
  expect(await readFile(join(dataDir, 's3/bucket/a/b.log'), 'utf8')).toBe('hello')
  expect(await readdir(join(dataDir, 's3/bucket/a'))).toEqual(['b.log'])
  const at = { logGroupName: 'group', logStreamName: 'stream' }
  await logs.send(new CreateLogGroupCommand(at))
  await logs.send(new CreateLogStreamCommand(at))
  await logs.send(new PutLogEventsCommand({ ...at, logEvents: [{ timestamp: Date.now(), message: 'hello' }] }))
  const lines = (await readFile(join(dataDir, 'logs/group/stream.ndjson'), 'utf8')).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ logStreamName: 'stream' }, { message: 'hello' }])
})

test('a torn last line is dropped, and the stream goes on', async () => {
  const dataDir = await clean.folder()
  const at = { logGroupName: 'group', logStreamName: 'stream' }
  const write = (message: string) => new PutLogEventsCommand({ ...at, logEvents: [{ timestamp: Date.now(), message }] })
  const first = await startLocalAws({ dataDir })
  const one = clean.clients(first.url)
  await one.logs.send(new CreateLogGroupCommand(at))
  await one.logs.send(new CreateLogStreamCommand(at))
  await one.logs.send(write('whole'))
  await first.close()
  await appendFile(join(dataDir, 'logs/group/stream.ndjson'), '{"timestamp":1,"inges')
  const second = await startLocalAws({ dataDir })
  clean.atEnd(() => second.close())
  const { logs } = clean.clients(second.url)
  await logs.send(write('next'))
  const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName: 'group' }))
  expect(events?.map(({ message }) => message)).toEqual(['whole', 'next'])
})

test('what was acknowledged before a SIGKILL is there after it', async () => {
  const dataDir = await clean.folder()
  const child = start({ LOCAL_AWS_DATA: dataDir, PORT: '0' })
  const { s3, logs, firehose } = clean.clients(await urlOf(child))
  const at = { logGroupName: 'group', logStreamName: 'stream' }
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }))
  await logs.send(new CreateLogGroupCommand(at))
  await logs.send(new CreateLogStreamCommand(at))
  await firehose.send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName: 'stream',
      S3DestinationConfiguration: { BucketARN: 'arn:aws:s3:::bucket', RoleARN: 'arn:aws:iam::1:role/r', Prefix: 'fh/' },
    }),
  )
  const acknowledged = { objects: new Set<string>(), events: new Set<string>(), records: new Set<string>() }
  let writing = true
  const writers = [...Array(4).keys()].map(async (writer) => {
    for (let turn = 0; writing; turn += 1) {
      const name = `${writer}-${turn}`
      try {
        const Metadata = { name }
        await s3.send(
          new PutObjectCommand({ Bucket: 'bucket', Key: `o/${name}`, Body: name, IfNoneMatch: '*', Metadata }),
        )
        acknowledged.objects.add(`o/${name}`)
        await logs.send(new PutLogEventsCommand({ ...at, logEvents: [{ timestamp: Date.now(), message: name }] }))
        acknowledged.events.add(name)
        await firehose.send(
          new PutRecordCommand({ DeliveryStreamName: 'stream', Record: { Data: Buffer.from(`${name}\n`) } }),
        )
        acknowledged.records.add(name)
      } catch {
        return
      }
    }
  })
  await until(() => acknowledged.records.size > 60)
  child.kill('SIGKILL')
  await once(child, 'exit')
  writing = false
  await Promise.all(writers)

  const aws = await startLocalAws({ dataDir })
  clean.atEnd(() => aws.close())
  const again = clean.clients(aws.url)
  const { Contents } = await again.s3.send(new ListObjectsV2Command({ Bucket: 'bucket', Prefix: 'o/' }))
  const listed = new Set(Contents?.map(({ Key }) => Key))
  expect([...acknowledged.objects].filter((key) => !listed.has(key))).toEqual([])
  for (const { Key } of Contents ?? []) {
    const head = await again.s3.send(new HeadObjectCommand({ Bucket: 'bucket', Key }))
    expect(head.Metadata).toEqual({ name: Key?.slice(2) })
  }
  const { events } = await again.logs.send(new FilterLogEventsCommand({ logGroupName: 'group' }))
  const messages = events?.map(({ message }) => message) ?? []
  expect([...acknowledged.events].filter((name) => !messages.includes(name))).toEqual([])
  expect(new Set(messages).size).toBe(messages.length)

  await aws.flush()
  const delivered: string[] = []
  const firehosed = await again.s3.send(new ListObjectsV2Command({ Bucket: 'bucket', Prefix: 'fh/' }))
  for (const { Key } of firehosed.Contents ?? []) {
    const { Body } = await again.s3.send(new GetObjectCommand({ Bucket: 'bucket', Key }))
    delivered.push(...((await Body?.transformToString()) ?? '').trimEnd().split('\n'))
  }
  expect([...acknowledged.records].filter((name) => !delivered.includes(name))).toEqual([])
  expect(new Set(delivered).size).toBe(delivered.length)
})

test('SIGTERM delivers what Firehose has buffered', async () => {
  const dataDir = await clean.folder()
  const child = start({ LOCAL_AWS_DATA: dataDir, PORT: '0' })
  const { s3, firehose } = clean.clients(await urlOf(child))
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }))
  await firehose.send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName: 'stream',
      S3DestinationConfiguration: { BucketARN: 'arn:aws:s3:::bucket', RoleARN: 'arn:aws:iam::1:role/r' },
    }),
  )
  await firehose.send(new PutRecordCommand({ DeliveryStreamName: 'stream', Record: { Data: Buffer.from('x') } }))
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
  const aws = await startLocalAws({ dataDir })
  clean.atEnd(() => aws.close())
  const { Contents } = await clean.clients(aws.url).s3.send(new ListObjectsV2Command({ Bucket: 'bucket' }))
  expect(Contents).toHaveLength(1)
})

test('with keys every request must be signed by them', async () => {
  const credentials = { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'right/secret' }
  const aws = await startLocalAws({ dataDir: await clean.folder(), credentials })
  clean.atEnd(() => aws.close())
  const right = clean.clients(aws.url, 'AKIDLOCAL', 'right/secret')
  const wrong = clean.clients(aws.url, 'AKIDLOCAL', 'wrong')
  const unknown = clean.clients(aws.url, 'AKIDOTHER', 'right/secret')
  await right.s3.send(new CreateBucketCommand({ Bucket: 'bucket' }))
  const put = (clients: typeof right) =>
    clients.s3.send(
      new PutObjectCommand({ Bucket: 'bucket', Key: "a b/\u00fc+='()*", Body: 'x', Metadata: { a: 'b  c' } }),
    )
  const group = (clients: typeof right) => clients.logs.send(new CreateLogGroupCommand({ logGroupName: 'g' }))
  await put(right)
  await right.s3.send(new ListObjectsV2Command({ Bucket: 'bucket', Prefix: 'a b/', StartAfter: 'a' }))
  await group(right)
  expect((await refusal(put(wrong))).name).toBe('SignatureDoesNotMatch')
  expect((await refusal(put(unknown))).name).toBe('InvalidAccessKeyId')
  expect((await refusal(group(wrong))).name).toBe('InvalidSignatureException')
  expect((await refusal(group(unknown))).name).toBe('UnrecognizedClientException')
  expect((await fetch(`${aws.url}/bucket/a`)).status).toBe(403)
})

test('with a secret alone any id may sign, its own endpoints want the secret, and the health is free', async () => {
  const secretAccessKey = 'right/secret'
  const aws = await startLocalAws({ dataDir: await clean.folder(), credentials: { secretAccessKey } })
  clean.atEnd(() => aws.close())
  const { s3 } = clean.clients(aws.url, 'anybody', secretAccessKey)
  await s3.send(new CreateBucketCommand({ Bucket: 'bucket' }))
  const wrong = clean.clients(aws.url, 'anybody', 'wrong').s3.send(new CreateBucketCommand({ Bucket: 'stolen' }))
  expect((await refusal(wrong)).name).toBe('SignatureDoesNotMatch')
  const statusOf = async (path: string, authorization?: string) => {
    const headers = authorization === undefined ? {} : { authorization }
    return (await fetch(`${aws.url}/_local/${path}`, { headers })).status
  }
  for (const path of ['faults', 'calls', 'stats']) {
    expect(await statusOf(path)).toBe(403)
    expect(await statusOf(path, 'Bearer wrong')).toBe(403)
    expect(await statusOf(path, `Bearer ${secretAccessKey}`)).toBe(200)
  }
  expect(await statusOf('health')).toBe(200)
})

test('a page that makes its own name lead here is refused, whatever it asks', async () => {
  const aws = await startLocalAws({ dataDir: await clean.folder() })
  clean.atEnd(() => aws.close())
  const ask = async (host: string, path: string) => {
    const call = request({ host: '127.0.0.1', port: aws.port, path, headers: { host } })
    call.end()
    const [answer]: IncomingMessage[] = await once(call, 'response')
    answer?.resume()
    return answer?.statusCode
  }
  for (const path of ['/', '/_local/faults', '/_local/health']) {
    expect(await ask(`rebound.example:${aws.port}`, path)).toBe(421)
    expect(await ask('127.0.0.1:1', path)).toBe(421)
    expect(await ask(`localhost:${aws.port}`, path)).toBe(200)
  }
})

test('it refuses to run in production, on other hosts than this one, and with wrong variables', async () => {
  const dataDir = await clean.folder()
  await expect(startLocalAws({ dataDir, host: '0.0.0.0' })).rejects.toThrow(/loopback/)
  const aws = await startLocalAws({ dataDir })
  clean.atEnd(() => aws.close())
  const [production, foreign, wrong, taken] = await Promise.all([
    failure({ LOCAL_AWS_DATA: dataDir, NODE_ENV: 'production' }),
    failure({ LOCAL_AWS_DATA: dataDir, HOST: '0.0.0.0' }),
    failure({ PORT: 'x', LOCAL_AWS_ACCESS_KEY_ID: 'only' }),
    failure({ LOCAL_AWS_DATA: await clean.folder(), PORT: String(aws.port) }),
  ])
  expect([production.code, foreign.code, wrong.code, taken.code]).toEqual([2, 2, 2, 1])
  expect(wrong.text).toMatch(/PORT/)
  expect(wrong.text).toMatch(/LOCAL_AWS_DATA/)
  expect(taken.text).toMatch(/taken/)
})

const TSX = import.meta.resolve('tsx')

function start(env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, ['--import', TSX, join(import.meta.dirname, 'main.ts')], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  clean.atEnd(() => {
    child.kill('SIGKILL')
  })
  return child
}

async function urlOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('The child has no output.')
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, url }: { event: string; url: string } = JSON.parse(line)
    if (event === 'localAws.ready') return url
  }
  throw new Error('The stand-in did not start.')
}

async function failure(env: Readonly<Record<string, string>>): Promise<{ code: unknown; text: string }> {
  const child = start(env)
  let text = ''
  child.stderr?.on('data', (bytes: Buffer) => {
    text += bytes.toString()
  })
  const [code]: unknown[] = await once(child, 'close')
  return { code, text }
}
