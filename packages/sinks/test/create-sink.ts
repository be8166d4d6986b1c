import type { DestinationKind } from '@roomlog/domain'
import { createCloudWatchLogsSink } from '../src/cloudwatch-logs/index.ts'
import { createFirehoseSink } from '../src/firehose/index.ts'
import type { Sink } from '../src/port.ts'
import { createS3Sink } from '../src/s3/index.ts'
import type { Clients } from './clients.ts'
import { sampleDestination } from './sample-records.ts'

export function createSink(kind: DestinationKind, clients: Clients, target = 'chat-logs'): Sink {
  const destination = sampleDestination(kind, target)
  switch (kind) {
    case 's3':
      return createS3Sink({ client: clients.s3, destination })
    case 'cloudWatchLogs':
      return createCloudWatchLogsSink({ client: clients.logs, destination })
    case 'firehose':
      return createFirehoseSink({ client: clients.firehose, destination })
  }
}
