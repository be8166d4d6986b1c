import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { PutRecordCommand } from '@aws-sdk/client-firehose'
import type { RoomlogClient } from '@roomlog/client'
import { readCloudWatchLogs, readFirehose, readS3 } from '../../src/demo/read-back.ts'
import type { Reading } from '../../src/demo/reading.ts'
import { waitDelivered } from '../../src/demo/wait-delivered.ts'
import type { DestinationNames } from '../../src/destinations.ts'
import type { Site } from './site.ts'
import type { Ledger } from './traffic.ts'

const WITHIN_MS = 30_000
const POLL_EVERY_MS = 200

export type Kind = 's3' | 'cloudWatchLogs' | 'firehose'
export type Readings = Readonly<Record<Kind, Reading>>

/** Waits until nothing is owed any more. */
export function untilDelivered(client: RoomlogClient): Promise<void> {
  const signal = AbortSignal.timeout(WITHIN_MS)
  return waitDelivered({ client, clock: () => performance.now(), onBacklog: () => {}, signal })
}

/** Reads all three back, once the delivery stream has let go of what it had taken before. */
export async function readBack({ aws }: Site, names: DestinationNames, ledger: Ledger): Promise<Readings> {
  const signal = AbortSignal.timeout(WITHIN_MS)
  setMaxListeners(0, signal)
  const roomOf = new Map([...ledger].flatMap(([roomId, sent]) => sent.map(({ id }) => [id, roomId])))
  const mark = `mark${Date.now()}`.slice(-12)
  await aws.firehose.send(
    new PutRecordCommand({ DeliveryStreamName: names.deliveryStream, Record: { Data: markRecord(mark) } }),
  )
  for (;;) {
    const firehose = await readFirehose(aws, names, (id) => roomOf.get(id) ?? id, signal)
    if (firehose.rooms.has(mark)) {
      const [s3, cloudWatchLogs] = await Promise.all([
        readS3(aws, names, signal),
        readCloudWatchLogs(aws, names, signal),
      ])
      return { s3, cloudWatchLogs, firehose }
    }
    await sleep(POLL_EVERY_MS, undefined, { signal })
  }
}

/** A record of nobody's room: what was put before it is there when it is. */
function markRecord(id: string): Uint8Array {
  const time = new Date().toISOString()
  const record = { event_timestamp: time, type: 'EVENT', payload: { Id: id, SendTime: time }, version: '1.0' }
  return Buffer.from(`${JSON.stringify(record)}\n`)
}
