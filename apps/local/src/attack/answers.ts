import { setTimeout as sleep } from 'node:timers/promises'
import type { RoomlogClient } from '@roomlog/client'
import { count } from '../demo/report.ts'
import { createDestinations, type DestinationNames } from '../destinations.ts'
import { Book } from '../kills/book.ts'
import { judge } from '../kills/judge.ts'
import { collect } from '../kills/readings.ts'
import type { Service } from '../kills/rounds.ts'
import { createStandInNotes, DELIVERING } from '../kills/stand-in-notes.ts'
import { linesInDeliveries, linesInLogs, linesInS3 } from '../read-back/stored-lines.ts'
import type { Played } from './judge.ts'
import type { Stage } from './stage.ts'

const BATCH = 50
const MILLISECONDS_A_RECORD = 10
const DRAIN_WITHIN_MS = 60_000
const POLL_EVERY_MS = 250
const FIREHOSE_BUFFER_SECONDS = 1

type Answer = { readonly status: number; readonly contentType?: string; readonly body?: string }

/** Successes that prove nothing. */
const EMPTY_WORDS: readonly Answer[] = [
  { status: 200 },
  { status: 200, contentType: 'text/html', body: '<html><body>Please sign in.</body></html>' },
  {
    status: 200,
    contentType: 'application/xml',
    body: '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>',
  },
]

/** A destination's place is taken by somebody who answers 200 and keeps nothing. */
export function believeNothing(service: Service) {
  return (stage: Stage): Promise<Played> => {
    const faults = EMPTY_WORDS.map((answer) => ({ forMs: 1_500, fault: { effect: 'answer', ...answer } }))
    return recordThrough(stage, service, 20, faults)
  }
}

/** A refusal whose name nobody knows, for six seconds. */
export function refuseUnknown(service: 'logs' | 'firehose') {
  return (stage: Stage): Promise<Played> => {
    const fault = { effect: 'error', status: 400, name: 'SubscriptionRequiredException' }
    return recordThrough(stage, service, 203, [{ forMs: 6_000, fault }])
  }
}

/** Sends records while the faults follow on each other, waits until all is delivered, and reads back what is there. */
async function recordThrough(
  stage: Stage,
  service: Service,
  recordsEach: number,
  faults: readonly { readonly forMs: number; readonly fault: Readonly<Record<string, unknown>> }[],
): Promise<Played> {
  const { client, aws, standInUrl, standInKey, signal } = stage
  const names = namesOf(`${service}-${faults.length}`)
  await createDestinations(aws, names, { bufferSeconds: FIREHOSE_BUFFER_SECONDS, signal })
  const { arn } = await client.loggingConfiguration.create.mutate(
    { destinationConfiguration: configurationOf(service, names) },
    { signal },
  )
  const room = await client.room.create.mutate(
    { maximumMessageRatePerSecond: 100, loggingConfigurationIdentifiers: [arn] },
    { signal },
  )
  const notes = createStandInNotes(standInUrl, standInKey, signal)
  const book = new Book()
  // A first delivery without faults: what is proven once for a bucket is behind us, as it is on any other day.
  await sendRecords(client, room, 1, book, signal)
  await untilDrained(client, arn, signal)
  for (const { forMs, fault } of faults) {
    const id = await notes.add({ ...fault, service, operation: DELIVERING[service], target: targetOf(service, names) })
    await sendRecords(client, room, recordsEach, book, signal)
    await sleep(forMs, undefined, { signal })
    await notes.remove(id)
  }
  const { backlog, deadLetters } = await untilDrained(client, arn, signal)
  await notes.flush()
  const read = { s3: linesInS3, logs: linesInLogs, firehose: linesInDeliveries }[service]
  const { found, missing, repeats } = judge(book, await collect(read(aws, names, signal)))
  await client.loggingConfiguration.delete.mutate({ identifier: arn }, { signal }).catch(() => undefined)
  const broken = [
    ...(missing > 0
      ? [`${count(missing)} of ${count(book.counts.acknowledged)} acknowledged records are missing`]
      : []),
    ...(deadLetters > 0 ? [`${count(deadLetters)} records became dead letters`] : []),
    ...(backlog > 0 ? [`${count(backlog)} records still waited ${DRAIN_WITHIN_MS / 1_000} s after the fault`] : []),
    ...(service === 's3' && repeats > 0 ? [`${count(repeats)} repeats`] : []),
  ]
  return { tried: book.counts.acknowledged, notes: [`${count(found)} records found afterwards`], broken }
}

async function sendRecords(
  client: RoomlogClient,
  room: { readonly id: string; readonly arn: string },
  records: number,
  book: Book,
  signal: AbortSignal,
): Promise<void> {
  for (let sent = 0; sent < records; sent += BATCH) {
    const numbers = book.ask(Array.from({ length: Math.min(BATCH, records - sent) }, () => room.id))
    const messages = numbers.map((number) => ({
      roomIdentifier: room.arn,
      sender: { userId: 'attack' },
      content: `Record ${number}`,
      attributes: { n: String(number) },
    }))
    const { results } = await client.chat.sendMessages.mutate({ messages }, { signal })
    // The room takes as many a second.
    await sleep(MILLISECONDS_A_RECORD * messages.length, undefined, { signal })
    for (const [index, number] of numbers.entries()) {
      const result = results[index]
      if (result !== undefined && 'id' in result) book.acknowledge(number, result.id)
      else book.refuse(number)
    }
  }
}

async function untilDrained(client: RoomlogClient, arn: string, signal: AbortSignal) {
  const deadlineMs = performance.now() + DRAIN_WITHIN_MS
  for (;;) {
    const { loggingConfigurations } = await client.delivery.status.query({}, { signal })
    const status = loggingConfigurations.find(({ loggingConfigurationArn }) => loggingConfigurationArn === arn)
    const backlog = status?.backlogRecords ?? 0
    if (backlog === 0 || performance.now() > deadlineMs) {
      return { backlog, deadLetters: status?.counters.deadLetters ?? 0 }
    }
    await sleep(POLL_EVERY_MS, undefined, { signal })
  }
}

function configurationOf(service: Service, names: DestinationNames) {
  if (service === 's3') return { s3: { bucketName: names.bucket } }
  if (service === 'logs') return { cloudWatchLogs: { logGroupName: names.logGroup } }
  return { firehose: { deliveryStreamName: names.deliveryStream } }
}

function targetOf(service: Service, names: DestinationNames): string {
  return { s3: names.bucket, logs: names.logGroup, firehose: names.deliveryStream }[service]
}

/** Destinations of a row's own. */
export function namesOf(part: string): DestinationNames {
  const name = `attack-${part}`
  return {
    bucket: name,
    logGroup: name,
    deliveryStream: name,
    deliveryBucket: `${name}-delivered`,
    deliveryPrefix: 'chat/',
  }
}
