import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createSink } from '../../test/create-sink.ts'
import { createDestination, startHarness } from '../../test/harness.ts'
import { type LocalService, startLocalService } from '../../test/local-service.ts'
import { readEvents } from '../../test/read-logs.ts'
import { idsOf, sampleDestination, sampleRecords } from '../../test/sample-records.ts'
import { lineOf } from '../line.ts'
import { describeSink } from '../sink.contract.ts'
import { createCloudWatchLogsSink } from './index.ts'

describeSink('CloudWatch Logs', () => startHarness('cloudWatchLogs'))

const DAY_MS = 86_400_000
const PREFIX = 'aws/IVSChatLogs/1.0/room_'
const STREAM = `${PREFIX}ROOM00000001`

describe('CloudWatch Logs', () => {
  let service: LocalService
  let group: string
  const newSink = () => createSink('cloudWatchLogs', service.clients, group)

  beforeAll(async () => {
    service = await startLocalService()
  })
  beforeEach(async () => {
    service.aws.faults.clear()
    group = service.newName()
    await createDestination(service, 'cloudWatchLogs', group)
  })
  afterAll(() => service.close())

  test("a room's stream is made on demand, and its first write is asked for again at once", async () => {
    const sink = newSink()
    expect(await sink.write(sampleRecords(2))).toMatchObject({ status: 'retry', retryAfterMs: 0 })
    const { logStreams } = await service.clients.logs.send(new DescribeLogStreamsCommand({ logGroupName: group }))
    expect(logStreams?.map(({ logStreamName }) => logStreamName)).toEqual([STREAM])
    expect(await sink.write(sampleRecords(2))).toEqual({ status: 'delivered' })
  })

  test('a stream that a rival has made meanwhile is as good', async () => {
    await createStream()
    service.aws.faults.add({ effect: 'missing', operation: 'PutLogEvents', count: 1 })
    expect(await newSink().write(sampleRecords(2))).toMatchObject({ status: 'retry', retryAfterMs: 0 })
  })

  test('the log group is never made', async () => {
    group = service.newName()
    expect(await newSink().write(sampleRecords(2))).toMatchObject({
      status: 'refused',
      scope: 'destination',
      failure: { class: 'missing', message: expect.stringContaining(group) },
    })
    const { logGroups } = await service.clients.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: group }))
    expect(logGroups).toEqual([])
  })

  test('a group whose name only starts alike is not the destination', async () => {
    await createDestination(service, 'cloudWatchLogs', `${group}x-longer`)
    group = `${group}x`
    expect(await newSink().check()).toMatchObject({ status: 'failed', failure: { class: 'missing' } })
  })

  test('the check leaves nothing in the group', async () => {
    expect(await newSink().check()).toEqual({ status: 'ok' })
    const { logStreams } = await service.clients.logs.send(new DescribeLogStreamsCommand({ logGroupName: group }))
    expect(logStreams).toEqual([])
  })

  test.each([
    ['accessDenied', 'DescribeLogGroups', 'access', 'Allow logs:DescribeLogGroups to'],
    ['accessDenied', 'FilterLogEvents', 'access', 'Allow logs:FilterLogEvents to'],
    ['missing', 'FilterLogEvents', 'missing', 'was not found in us-west-2'],
    ['throttle', 'FilterLogEvents', 'throttled', 'throttles FilterLogEvents'],
  ] as const)('the check fails on %s for %s, and says what to do', async (effect, operation, why, words) => {
    service.aws.faults.add({ effect, operation })
    const failed = { status: 'failed', failure: { class: why, message: expect.stringContaining(words) } }
    expect(await newSink().check()).toMatchObject(failed)
  })

  const RARE = /is of class INFREQUENT_ACCESS.*It must be STANDARD.*create the group anew, or use another one/
  const recreateRare = async () => {
    await service.clients.logs.send(new DeleteLogGroupCommand({ logGroupName: group }))
    await service.clients.logs.send(
      new CreateLogGroupCommand({ logGroupName: group, logGroupClass: 'INFREQUENT_ACCESS' }),
    )
  }

  // It became ACTIVE, worked until the first lost answer, and was then held for good.
  test('a group of class INFREQUENT_ACCESS fails the check', async () => {
    await recreateRare()
    const failure = { class: 'invalid', message: expect.stringMatching(RARE) }
    expect(await newSink().check()).toMatchObject({ status: 'failed', failure })
  })

  test('a recall of a group that was made anew as INFREQUENT_ACCESS is held, with words that say what to do', async () => {
    await recreateRare()
    const refused = { status: 'refused', failure: { class: 'invalid', message: expect.stringMatching(RARE) } }
    expect(await newSink().recall?.(sampleRecords(1))).toMatchObject(refused)
    service.aws.faults.add({ effect: 'accessDenied', operation: 'DescribeLogGroups' })
    expect(await newSink().recall?.(sampleRecords(1))).toMatchObject({
      status: 'refused',
      failure: { message: expect.stringContaining('Check the class (it must be STANDARD)') },
    })
  })

  test('events that are too old or too new are named, and the rest is taken', async () => {
    await createStream()
    const now = Date.now()
    const old = sampleRecords(2, { position: 1, timeMs: now - 15 * DAY_MS })
    const good = sampleRecords(3, { position: 3, timeMs: now })
    const early = sampleRecords(1, { position: 6, timeMs: now + DAY_MS / 8 })
    expect(await newSink().write([...old, ...good, ...early])).toEqual({
      status: 'partial',
      rejected: [
        { index: 0, reason: expect.stringContaining('too old'), retryable: false },
        { index: 1, reason: expect.stringContaining('too old'), retryable: false },
        { index: 5, reason: expect.stringContaining('too new'), retryable: false },
      ],
    })
    expect(await readEvents(service.clients.logs, group)).toEqual(good.map(lineOf))
  })

  test('a batch that is out of order is refused whole', async () => {
    await createStream()
    const [first, second] = sampleRecords(2)
    if (first === undefined || second === undefined) throw new Error('two records were asked for')
    expect(await newSink().write([second, first])).toMatchObject({
      status: 'refused',
      scope: 'batch',
      failure: { class: 'invalid' },
    })
  })

  test('recalls over several rooms what is there, also where a room has no stream yet', async () => {
    const sink = newSink()
    const rooms = ['ROOM00000001', 'ROOM00000002', 'ROOM00000003']
    const records = rooms.map((room, index) => sampleRecords(4, { room, position: index * 4 + 1 }))
    const [one = [], two = [], three = []] = records
    await sink.write(one)
    await sink.write(one)
    await sink.write(two)
    await sink.write(two.slice(0, 2))
    const found = new Set(idsOf([...one, ...two.slice(0, 2)]))
    expect(await sink.recall?.([...one, ...two])).toEqual({ status: 'recalled', found })
    expect(await sink.recall?.([...one, ...two, ...three])).toEqual({ status: 'recalled', found })
    expect(await sink.recall?.(three)).toEqual({ status: 'recalled', found: new Set() })
  })

  // A killed writer's open cycle with one new room was read back through all that the group had, and killed again meanwhile.
  test('a room without a stream does not make a recall read what other rooms have', async () => {
    const timeMs = Date.now()
    const written = sampleRecords(2, { timeMs })
    await newSink().write(written)
    await newSink().write(written)
    const others = sampleRecords(7_500, { room: 'ROOM00000002', position: 1_000, timeMs, stepMs: 0 })
    await newSink().write(others)
    for (let at = 0; at < others.length; at += 2_500) await newSink().write(others.slice(at, at + 2_500))
    let turns = 0
    const sink = createCloudWatchLogsSink({
      client: service.clients.logs,
      destination: sampleDestination('cloudWatchLogs', group),
      readTurn: async () => void turns++,
    })
    const asked = [...written, ...sampleRecords(2, { room: 'ROOM00000003', position: 9_000, timeMs })]
    expect(await sink.recall?.(asked)).toEqual({ status: 'recalled', found: new Set(idsOf(written)) })
    // One that a missing stream refused, and a page.
    expect(turns).toBe(2)
  })

  test('streams that are made for a recall and throttled go on where they stopped', async () => {
    const sink = newSink()
    const records = [1, 2, 3, 4].flatMap((n) => sampleRecords(1, { room: `ROOM0000000${n}`, position: n }))
    for (const expected of ['retry', 'recalled']) {
      const twoAtOnce = service.aws.faults.add({ effect: 'throttle', operation: 'CreateLogStream', skip: 2 })
      expect(await sink.recall?.(records)).toMatchObject({ status: expected })
      service.aws.faults.remove(twoAtOnce)
    }
  })

  test('a stream that was made and that reads do not show yet is no absence', async () => {
    service.aws.faults.add({ effect: 'missing', operation: 'FilterLogEvents', count: 2 })
    const records = sampleRecords(2)
    expect(await newSink().recall?.(records)).toMatchObject({ status: 'retry', failure: { class: 'transient' } })
    expect(await newSink().recall?.(records)).toEqual({ status: 'recalled', found: new Set() })
  })

  test('recalls over more rooms than one call can name', async () => {
    const sink = newSink()
    const records = Array.from({ length: 120 }, (_, room) =>
      sampleRecords(1, { room: `ROOM${String(room).padStart(8, '0')}`, position: room + 1 }),
    )
    const written = records.slice(0, 3)
    for (const run of [...written, ...written]) await sink.write(run)
    expect(await sink.recall?.(records.flat())).toEqual({ status: 'recalled', found: new Set(idsOf(written.flat())) })
  })

  // Beyond 100 rooms all that the group had in that time was read: 56 pages, at four a second, for what six hold.
  test('many rooms are asked for by name where others have much more, and all at once where they do not', async () => {
    const timeMs = Date.now()
    const rooms = Array.from({ length: 150 }, (_, room) => `ROOM${String(room).padStart(8, '0')}`)
    const records = rooms.map((room, index) => sampleRecords(2, { room, position: 2 * index + 1, timeMs }))
    const written = records.slice(90, 110)
    const writer = newSink()
    for (const run of [...written, ...written]) await writer.write(run)
    let turns = 0
    const reader = createCloudWatchLogsSink({
      client: service.clients.logs,
      destination: sampleDestination('cloudWatchLogs', group),
      readTurn: async () => void turns++,
    })
    const recalled = { status: 'recalled', found: new Set(idsOf(written.flat())) }
    expect(await reader.recall?.(records.flat())).toEqual(recalled)
    expect(turns).toBe(1)

    await createStream('OTHER0000001')
    for (let run = 0; run < 12; run++) {
      const others = sampleRecords(2_500, { room: 'OTHER0000001', position: 1_000 + 2_500 * run, timeMs, stepMs: 0 })
      expect(await writer.write(others)).toEqual({ status: 'delivered' })
    }
    turns = 0
    expect(await reader.recall?.(records.flat())).toEqual(recalled)
    // Two of the whole group, then for each hundred one that a missing stream refused, and a page.
    expect(turns).toBe(6)
    turns = 0
    expect(await reader.recall?.(records.flat())).toEqual(recalled)
    expect(turns).toBe(4)
  })

  test('recalls through many pages', async () => {
    const sink = newSink()
    await createStream()
    const runs = [0, 1, 2].map((run) => sampleRecords(2_500, { position: run * 2_500 + 1, stepMs: 0 }))
    for (const run of runs) expect(await sink.write(run)).toEqual({ status: 'delivered' })
    const records = [...runs.flat(), ...sampleRecords(10, { position: 8_000 })]
    expect(await sink.recall?.(records)).toEqual({ status: 'recalled', found: new Set(idsOf(runs.flat())) })
  })

  test('a recall too soon finds nothing, a later one finds it', async () => {
    await createStream()
    const records = sampleRecords(3)
    expect(await newSink().write(records)).toEqual({ status: 'delivered' })
    const lag = service.aws.faults.add({ effect: 'readLag', ms: 60_000 })
    expect(await newSink().recall?.(records)).toEqual({ status: 'recalled', found: new Set() })
    service.aws.faults.remove(lag)
    expect(await newSink().recall?.(records)).toEqual({ status: 'recalled', found: new Set(idsOf(records)) })
  })

  test('a recall of a missing group is refused, not empty', async () => {
    group = service.newName()
    expect(await newSink().recall?.(sampleRecords(1))).toMatchObject({
      status: 'refused',
      failure: { class: 'missing', message: expect.stringContaining(group) },
    })
  })

  test('a recall that is throttled or not allowed is not empty either', async () => {
    service.aws.faults.add({ effect: 'throttle', operation: 'FilterLogEvents', count: 1 })
    expect(await newSink().recall?.(sampleRecords(1))).toMatchObject({ status: 'retry' })
    service.aws.faults.add({ effect: 'accessDenied', operation: 'FilterLogEvents', count: 1 })
    expect(await newSink().recall?.(sampleRecords(1))).toMatchObject({
      status: 'refused',
      failure: { class: 'access', message: expect.stringContaining('logs:FilterLogEvents') },
    })
    service.aws.faults.add({ effect: 'accessDenied', operation: 'CreateLogStream', count: 1 })
    expect(await newSink().recall?.(sampleRecords(1))).toMatchObject({
      status: 'refused',
      failure: { class: 'access', message: expect.stringContaining('logs:CreateLogStream') },
    })
  })

  const createStream = (room = 'ROOM00000001') =>
    service.clients.logs.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: `${PREFIX}${room}` }))
})
