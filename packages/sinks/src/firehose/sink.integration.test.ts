import { CreateDeliveryStreamCommand } from '@aws-sdk/client-firehose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createSink } from '../../test/create-sink.ts'
import { createDestination, readDestination, startHarness } from '../../test/harness.ts'
import { type LocalService, startLocalService } from '../../test/local-service.ts'
import { sampleDestination, sampleRecords } from '../../test/sample-records.ts'
import { lineOf } from '../line.ts'
import { describeSink } from '../sink.contract.ts'
import { createFirehoseSink } from './sink.ts'

describeSink('Firehose', () => startHarness('firehose'))

describe('Firehose', () => {
  let service: LocalService
  let stream: string
  const newSink = () => createSink('firehose', service.clients, stream)

  beforeAll(async () => {
    service = await startLocalService()
  })
  beforeEach(async () => {
    service.aws.faults.clear()
    stream = service.newName()
    await createDestination(service, 'firehose', stream)
  })
  afterAll(() => service.close())

  test('records that failed in a batch are named, and only they are missing', async () => {
    const records = sampleRecords(5)
    service.aws.faults.add({ effect: 'partial', indexes: [1, 3], count: 1 })
    const outcome = await newSink().write(records)
    expect(outcome).toEqual({
      status: 'partial',
      rejected: [1, 3].map((index) => ({ index, reason: expect.any(String), retryable: true })),
      failure: expect.objectContaining({ class: 'throttled', name: 'ServiceUnavailableException' }),
    })
    const taken = [records[0], records[2], records[4]].map((record) => record && lineOf(record))
    expect(await readDestination(service, 'firehose', stream)).toEqual(taken)
  })

  test('a pack that failed is named record for record, and only its records are missing', async () => {
    const records = sampleRecords(6)
    const packBytes = 2 * (records[0]?.byteLength ?? 0) + 20
    const destination = sampleDestination('firehose', stream)
    const sink = createFirehoseSink({ client: service.clients.firehose, destination, packBytes })
    service.aws.faults.add({ effect: 'partial', indexes: [1], count: 1 })
    const outcome = await sink.write(records)
    expect(outcome).toMatchObject({ status: 'partial', rejected: [{ index: 2 }, { index: 3 }] })
    const taken = [0, 1, 4, 5].flatMap((index) => records[index] ?? []).map(lineOf)
    expect(await readDestination(service, 'firehose', stream)).toEqual(taken)
  })

  test('a batch of which all failed was not taken, and the stream is to be left alone for a while', async () => {
    service.aws.faults.add({ effect: 'partial', fraction: 1, count: 1 })
    const outcome = await newSink().write(sampleRecords(3))
    expect(outcome).toMatchObject({ status: 'retry', failure: { class: 'throttled' } })
    expect(await readDestination(service, 'firehose', stream)).toEqual([])
  })

  test('a stream that reads from Kinesis fails the check: it would take no record', async () => {
    stream = service.newName()
    const RoleARN = 'arn:aws:iam::123456789012:role/firehose'
    await service.clients.firehose.send(
      new CreateDeliveryStreamCommand({
        DeliveryStreamName: stream,
        DeliveryStreamType: 'KinesisStreamAsSource',
        KinesisStreamSourceConfiguration: {
          RoleARN,
          KinesisStreamARN: 'arn:aws:kinesis:us-west-2:123456789012:stream/s',
        },
        ExtendedS3DestinationConfiguration: { RoleARN, BucketARN: 'arn:aws:s3:::any' },
      }),
    )
    const message = expect.stringContaining('KinesisStreamAsSource')
    expect(await newSink().check()).toMatchObject({ status: 'failed', failure: { class: 'invalid', message } })
    expect(await newSink().write(sampleRecords(1))).toMatchObject({ status: 'refused', scope: 'destination' })
  })

  test('records of several rooms go in one batch', async () => {
    const records = [...sampleRecords(2), ...sampleRecords(2, { room: 'ROOM00000002', position: 3 })]
    expect(await newSink().write(records)).toEqual({ status: 'delivered' })
    expect(await readDestination(service, 'firehose', stream)).toEqual(records.map(lineOf))
  })
})
