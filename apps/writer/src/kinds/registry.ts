import type { DestinationKind } from '@roomlog/domain'
import { cloudWatchLogs } from './cloudwatch-logs.ts'
import { firehose } from './firehose.ts'
import type { Kind } from './kind.ts'
import { s3 } from './s3.ts'

/** Every kind of destination that the writer delivers to, by the name that the domain has for it. */
export const KINDS: Readonly<Record<DestinationKind, Kind>> = { s3, cloudWatchLogs, firehose }
