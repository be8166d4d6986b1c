import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { type DestinationVersion, DestinationVersionId, RoomId } from '@roomlog/domain'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createDestination, startHarness } from '../../test/harness.ts'
import { type LocalService, startLocalService } from '../../test/local-service.ts'
import { listKeys, readLines } from '../../test/read-s3.ts'
import { idsOf, sampleDestination, sampleRecords } from '../../test/sample-records.ts'
import { lineOf } from '../line.ts'
import { describeSink } from '../sink.contract.ts'
import { createS3Sink } from './sink.ts'

const ROOM = RoomId.parse('ROOM00000001')

describeSink('S3', () => startHarness('s3'))

describe('S3', () => {
  let service: LocalService
  let bucket: string
  const newSink = (other: Partial<DestinationVersion> = {}) =>
    createS3Sink({ client: service.clients.s3, destination: { ...sampleDestination('s3', bucket), ...other } })

  beforeAll(async () => {
    service = await startLocalService()
  })
  beforeEach(async () => {
    service.aws.faults.clear()
    bucket = service.newName()
    await createDestination(service, 's3', bucket)
  })
  afterAll(() => service.close())

  test('the check leaves nothing in the bucket', async () => {
    expect(await newSink().check()).toEqual({ status: 'ok' })
    expect(await listKeys(service.clients.s3, bucket)).toEqual([])
  })

  // A bucket that could be written to and not be read became ACTIVE, and was held at the first object in the way.
  test.each([
    ['accessDenied', 'ListObjectsV2', 'access', /Allow s3:ListBucket to/],
    ['accessDenied', 'GetObject', 'access', /Allow s3:GetObject and s3:ListBucket to/],
    ['missing', 'ListObjectsV2', 'missing', /was not found in us-west-2/],
  ] as const)('the check fails on %s for %s, and says what to allow', async (effect, operation, why, words) => {
    service.aws.faults.add({ effect, operation })
    const failed = { status: 'failed', failure: { class: why, message: expect.stringMatching(words) } }
    expect(await newSink().check()).toMatchObject(failed)
  })

  test('a bucket of another Region is not the destination', async () => {
    service.aws.faults.add({ effect: 'error', operation: 'ListObjectsV2', status: 301, name: 'PermanentRedirect' })
    const message = expect.stringMatching(
      /was not found in us-west-2: PermanentRedirect.*check its name, account and Region/,
    )
    expect(await newSink().check()).toMatchObject({ status: 'failed', failure: { class: 'missing', message } })
  })

  test('an object says what it is and which run it holds', async () => {
    const records = sampleRecords(3, { position: 10, timeMs: Date.UTC(2026, 2, 4, 5, 6) })
    await newSink().write(records)
    const [key = ''] = await listKeys(service.clients.s3, bucket)
    expect(key).toMatch(/^AWSLogs\/123456789012\/IVSChatLogs\/1.0\/us-west-2\/room_ROOM00000001\/2026\/03\/04\/05\//)
    const head = await service.clients.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
    expect(head.ContentType).toBe('application/gzip')
    expect(head.Metadata).toEqual({
      'roomlog-first': '10:M00000000010',
      'roomlog-last': '12:M00000000012',
      'roomlog-records': '3',
    })
  })

  test('the same write twice leaves one object, and the second says who is there', async () => {
    const records = sampleRecords(3, { position: 10 })
    expect(await newSink().write(records)).toEqual({ status: 'delivered' })
    const outcome = await newSink().write(records)
    expect(outcome).toEqual({
      status: 'occupied',
      occupant: {
        key: (await listKeys(service.clients.s3, bucket))[0],
        first: { position: 10, id: 'M00000000010' },
        last: { position: 12, id: 'M00000000012' },
      },
    })
    expect(await readLines(service.clients.s3, bucket)).toHaveLength(3)
  })

  test('a longer or shorter object that is there already reports its own last record', async () => {
    const records = sampleRecords(5)
    await newSink().write(records)
    const shorter = await newSink().write(records.slice(0, 2))
    expect(shorter).toMatchObject({ status: 'occupied', occupant: { last: { position: 5, id: 'M00000000005' } } })
    expect(await readLines(service.clients.s3, bucket)).toEqual(records.map(lineOf))
  })

  test('an answer that was lost is found out by the repeat', async () => {
    const sink = newSink()
    const records = sampleRecords(3)
    service.aws.faults.add({ effect: 'answerLost', operation: 'PutObject', count: 1 })
    expect(await sink.write(records)).toMatchObject({ status: 'unknown' })
    expect(await sink.write(records)).toMatchObject({ status: 'occupied', occupant: { last: { position: 3 } } })
  })

  test('a store that ignores If-None-Match is refused', async () => {
    service.aws.faults.add({ effect: 'ignoreIfNoneMatch' })
    expect(await newSink().write(sampleRecords(3))).toMatchObject({
      status: 'refused',
      scope: 'destination',
      failure: { class: 'conditional-writes-ignored', metric: 'LogDestinationErrors' },
    })
  })

  test('many first writes at once are all delivered', async () => {
    const sink = newSink()
    const runs = Array.from({ length: 20 }, (_, run) => sampleRecords(2, { position: run * 2 + 1 }))
    const outcomes = await Promise.all(runs.map((records) => sink.write(records)))
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['delivered']))
    expect(await readLines(service.clients.s3, bucket)).toHaveLength(40)
  })

  test('an object that lost its metadata is read', async () => {
    const records = sampleRecords(4)
    await newSink().write(records)
    await replaceObject((body) => body)
    expect(await newSink().write(records.slice(0, 2))).toMatchObject({
      status: 'occupied',
      occupant: {
        first: { position: undefined, id: 'M00000000001' },
        last: { position: undefined, id: 'M00000000004' },
      },
    })
  })

  test('an object that is not of Roomlog holds the lane, with its key', async () => {
    const records = sampleRecords(4)
    await newSink().write(records)
    await replaceObject(() => Buffer.from('something else'))
    const [key = ''] = await listKeys(service.clients.s3, bucket)
    expect(await newSink().write(records)).toMatchObject({
      status: 'refused',
      scope: 'destination',
      failure: { name: 'ForeignObject', message: expect.stringContaining(key) },
    })
  })

  test('recalls of the records asked for exactly those that the object holds', async () => {
    const records = sampleRecords(6)
    await newSink().write(records.slice(0, 4))
    const recalled = await newSink().recall?.(records)
    expect(recalled).toEqual({ status: 'recalled', found: new Set(idsOf(records.slice(0, 4))) })
    expect(await newSink().recall?.(records.slice(0, 2))).toEqual({
      status: 'recalled',
      found: new Set(idsOf(records.slice(0, 2))),
    })
  })

  test('finds the runs of a room that begin in an hour and between two positions, and that no other version wrote', async () => {
    const hour = Date.UTC(2026, 2, 4, 5)
    const at = (position: number, minute: number) =>
      sampleRecords(3, { position, timeMs: hour + minute * 60_000, stepMs: 0 })
    for (const [position, minute] of [
      [10, 0],
      [20, 1],
      [30, 2],
      [40, 60],
    ] as const) {
      await newSink().write(at(position, minute))
    }
    await newSink({ id: DestinationVersionId.parse(2) }).write(at(25, 1))
    await newSink().write(sampleRecords(3, { position: 26, timeMs: hour, room: 'ROOM00000002' }))
    const runsIn = (first: number, last: number) => newSink().runs?.({ roomId: ROOM, timeMs: hour + 1, first, last })
    const run = (position: number, minute: number) => ({
      first: expect.objectContaining({ position, id: `M000000000${position}`, timeMs: hour + minute * 60_000 }),
      last: { position: position + 2, id: `M000000000${position + 2}` },
    })
    expect(await runsIn(11, 29)).toEqual({ status: 'found', runs: [run(20, 1)] })
    expect(await runsIn(10, 40)).toEqual({ status: 'found', runs: [run(10, 0), run(20, 1), run(30, 2)] })
    expect(await runsIn(31, 99)).toEqual({ status: 'found', runs: [] })
    const found = await runsIn(20, 20)
    const runs = found?.status === 'found' ? found.runs : []
    // What was found can be asked for its Ids.
    const recalled = await newSink().recall?.([...runs.map(({ first }) => first), ...at(19, 1)])
    expect(recalled).toEqual({ status: 'recalled', found: new Set(idsOf(at(20, 1).slice(0, 2))) })
  })

  test('an object that lost its metadata is found too, by its Ids; a listing that is not allowed names the permissions', async () => {
    const hour = Date.UTC(2026, 2, 4, 5)
    await newSink().write(sampleRecords(3, { position: 10, timeMs: hour }))
    await replaceObject((body) => body)
    const wanted = { roomId: ROOM, timeMs: hour, first: 10, last: 10 }
    expect(await newSink().runs?.(wanted)).toMatchObject({
      runs: [{ first: { position: 10, id: 'M00000000010' }, last: { position: undefined, id: 'M00000000012' } }],
    })
    service.aws.faults.add({ effect: 'accessDenied', operation: 'ListObjectsV2' })
    expect(await newSink().runs?.(wanted)).toMatchObject({
      status: 'refused',
      failure: { class: 'access', message: expect.stringContaining('s3:ListBucket') },
    })
  })

  test('reading that is not allowed names the permissions, after a 412 and in a recall', async () => {
    const records = sampleRecords(2)
    await newSink().write(records)
    service.aws.faults.add({ effect: 'accessDenied', operation: 'HeadObject' })
    service.aws.faults.add({ effect: 'accessDenied', operation: 'GetObject' })
    const failure = { class: 'access', message: expect.stringContaining('s3:GetObject and s3:ListBucket') }
    expect(await newSink().write(records)).toMatchObject({ status: 'refused', scope: 'destination', failure })
    expect(await newSink().recall?.(records)).toMatchObject({ status: 'refused', failure })
  })

  /** Puts another object in the place of the only one, without metadata. */
  async function replaceObject(bodyOf: (body: Uint8Array) => Uint8Array): Promise<void> {
    const [key = ''] = await listKeys(service.clients.s3, bucket)
    const at = { Bucket: bucket, Key: key }
    const { Body: body } = await service.clients.s3.send(new GetObjectCommand(at))
    const replaced = bodyOf((await body?.transformToByteArray()) ?? new Uint8Array())
    await service.clients.s3.send(new PutObjectCommand({ ...at, Body: replaced }))
  }
})
