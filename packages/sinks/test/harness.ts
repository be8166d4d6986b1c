import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs'
import { CreateDeliveryStreamCommand } from '@aws-sdk/client-firehose'
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import type { DestinationKind } from '@roomlog/domain'
import type { Fault } from '@roomlog/local-aws'
import type { Harness, Trouble } from '../src/sink.contract.ts'
import { createSink } from './create-sink.ts'
import { type LocalService, startLocalService } from './local-service.ts'
import { readEvents } from './read-logs.ts'
import { readLines } from './read-s3.ts'

/** The contract's view of one service of the stand-in. */
export async function startHarness(kind: DestinationKind): Promise<Harness> {
  const service = await startLocalService()
  let target = ''
  return {
    create: async () => {
      service.aws.faults.clear()
      target = service.newName()
      await createDestination(service, kind, target)
      return createSink(kind, service.clients, target)
    },
    createMissing: async () => createSink(kind, service.clients, service.newName()),
    contents: () => readDestination(service, kind, target),
    trouble: async (what) => {
      service.aws.faults.add(faultOf(what, OPERATIONS[kind]))
    },
    close: () => service.close(),
  }
}

export async function createDestination(
  { clients }: LocalService,
  kind: DestinationKind,
  target: string,
): Promise<void> {
  switch (kind) {
    case 's3':
      await clients.s3.send(new CreateBucketCommand({ Bucket: target }))
      return
    case 'cloudWatchLogs':
      await clients.logs.send(new CreateLogGroupCommand({ logGroupName: target }))
      return
    case 'firehose':
      await clients.s3.send(new CreateBucketCommand({ Bucket: target }))
      await clients.firehose.send(
        new CreateDeliveryStreamCommand({
          DeliveryStreamName: target,
          ExtendedS3DestinationConfiguration: {
            BucketARN: `arn:aws:s3:::${target}`,
            RoleARN: 'arn:aws:iam::123456789012:role/firehose',
            BufferingHints: { IntervalInSeconds: 900, SizeInMBs: 128 },
          },
        }),
      )
  }
}

export async function readDestination(
  { aws, clients }: LocalService,
  kind: DestinationKind,
  target: string,
): Promise<Buffer[]> {
  if (kind === 'cloudWatchLogs') return readEvents(clients.logs, target)
  await aws.flush()
  return readLines(clients.s3, target)
}

const OPERATIONS: Readonly<Record<DestinationKind, string>> = {
  s3: 'PutObject',
  cloudWatchLogs: 'PutLogEvents',
  firehose: 'PutRecordBatch',
}

function faultOf(what: Trouble, operation: string): Fault {
  const once = { operation, count: 1 }
  switch (what) {
    case 'throttled':
      return { ...once, effect: 'throttle' }
    case 'error500':
      return { ...once, effect: 'error', status: 500, name: 'InternalFailure' }
    case 'html502':
      return { ...once, effect: 'html502' }
    case 'denied':
      return { ...once, effect: 'accessDenied' }
    case 'lost':
      return { ...once, effect: 'answerLost' }
    case 'hang':
      return { ...once, effect: 'hang' }
  }
}
