import { randomBytes } from 'node:crypto'
import { type DestinationKind, type DestinationVersionId, newId } from '@roomlog/domain'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Pipeline, type Sent, startPipeline } from '../pipeline.ts'
import { lanesOf, totalsOf } from './books.ts'
import { QUICK_VARIABLES, quickly } from './quick.ts'

const WAIT = { timeout: 40_000, interval: 50 }
const KINDS: readonly DestinationKind[] = ['s3', 'cloudWatchLogs', 'firehose']

let pipeline: Pipeline
let destinations: DestinationVersionId[]
let sent: Sent[]

beforeEach(async () => {
  pipeline = await startPipeline()
  destinations = []
  for (const kind of KINDS) destinations.push(await pipeline.addDestination(kind))
  sent = []
})
afterEach(async () => {
  await pipeline.close()
})

async function send(): Promise<void> {
  const roomId = newId(randomBytes)
  for (let n = 0; n < 3; n++) sent.push(...(await pipeline.send(roomId, 3, destinations)))
}

async function expectRetrying(error: RegExp): Promise<void> {
  for (const id of destinations) {
    await expect
      .poll(() => lanesOf(pipeline, id), WAIT)
      .toMatchObject([{ state: 'retrying', lastError: expect.stringMatching(error) }])
  }
}

async function expectDelivered(): Promise<void> {
  for (const id of destinations) {
    await expect.poll(async () => (await totalsOf(pipeline, id)).settled, WAIT).toBe(sent.length)
    expect((await totalsOf(pipeline, id)).repeats).toBe(0)
  }
  await pipeline.aws.flush()
  for (const kind of KINDS) expect((await pipeline.idsIn(kind)).sort()).toEqual(sent.map(({ id }) => String(id)).sort())
}

it('connections that are refused were surely not taken: every kind retries, says where to look, and repeats nothing', async () => {
  const openAws = await pipeline.closeAws()
  const writer = await pipeline.start(QUICK_VARIABLES, quickly)
  await send()
  await expectRetrying(/got no answer: ECONNREFUSED.*check the network and the endpoint/)
  await openAws()
  await expectDelivered()
  await writer.stop()
})

it('a name that is not known: every kind retries, says where to look, and goes on once the configuration is mended', async () => {
  const right = process.env['AWS_ENDPOINT_URL']
  process.env['AWS_ENDPOINT_URL'] = 'http://roomlog-test.invalid:4566'
  const misled = await pipeline.start(QUICK_VARIABLES, quickly)
  await send()
  await expectRetrying(/got no answer: (ENOTFOUND|EAI_AGAIN).*check the network and the endpoint/)
  await misled.stop()
  process.env['AWS_ENDPOINT_URL'] = right
  const writer = await pipeline.start(QUICK_VARIABLES, quickly)
  for (const id of destinations) {
    await expect.poll(async () => (await totalsOf(pipeline, id)).settled, WAIT).toBe(sent.length)
  }
  await pipeline.aws.flush()
  for (const kind of KINDS) expect((await pipeline.idsIn(kind)).sort()).toEqual(sent.map(({ id }) => String(id)).sort())
  await writer.stop()
})
