import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { cleanUp, until } from '../started.contract.ts'
import { deliveryStream } from './delivery-stream.ts'
import { streamConfig } from './stream-config.ts'

const clean = cleanUp()

test('under load every accepted record is delivered once, in order', async () => {
  const objects = new Map<string, string>()
  const stream = await start(await clean.folder(), 0, async (key, bytes) => {
    expect(objects.has(key)).toBe(false)
    objects.set(key, bytes.toString())
  })
  const sent: string[] = []
  for (let turn = 0; turn < 200; turn += 1) {
    const records = [`${turn}a\n`, `${turn}b\n`]
    sent.push(...records)
    const accepted = stream.accept(records.map(base64), 600_000)
    if (turn % 7 === 0) await accepted
  }
  await until(() => [...objects.values()].join('') === sent.join(''))
  expect(objects.size).toBeGreaterThan(50)
  await stream.close({ flush: true })
})

test('records wait while the bucket is away, then come in order', async () => {
  let away = true
  const delivered: string[] = []
  const stream = await start(await clean.folder(), 0, async (_, bytes) => {
    if (away) throw new Error('no such bucket')
    delivered.push(bytes.toString())
  })
  for (const record of ['a', 'b', 'c']) await stream.accept([base64(record)], 1)
  await stream.flush()
  away = false
  await stream.accept([base64('d')], 1)
  await until(() => delivered.join('') === 'abcd')
  await stream.close({ flush: true })
})

test('what was not delivered when it closed is delivered by the next life, under the same key', async () => {
  const folder = await clean.folder()
  const keys: string[] = []
  const first = await start(folder, 900, async (key) => {
    keys.push(key)
    throw new Error('died behind the effect')
  })
  await first.accept([base64('a')], 1)
  await first.close({ flush: true })
  const second = await start(folder, 900, async (key) => {
    keys.push(key)
  })
  await until(() => keys.length === 2)
  expect(keys[1]).toBe(keys[0])
  await second.close({ flush: true })
})

async function start(
  folder: string,
  IntervalInSeconds: number,
  deliver: (key: string, bytes: Buffer) => Promise<void>,
) {
  const destination = {
    BucketARN: 'arn:aws:s3:::bucket',
    RoleARN: 'arn:aws:iam::123456789012:role/r',
    BufferingHints: { IntervalInSeconds, SizeInMBs: 1 },
  }
  return deliveryStream({
    config: streamConfig({ DeliveryStreamName: 'chat', S3DestinationConfiguration: destination }, 0),
    folder,
    fsync: false,
    now: () => Date.now(),
    randomUUID,
    deliver: (_, key, bytes) => deliver(key, bytes),
  })
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
