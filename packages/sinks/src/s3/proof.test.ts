import { MessageId } from '@roomlog/domain'
import { expect, test } from 'vitest'
import { NO_ETAG, UnprovenAnswer } from '../answer.ts'
import { classify } from '../classify.ts'
import { type Creation, createProof as createBareProof, type Look, type Occupied, type Put } from './proof.ts'
import type { PutResult } from './put-object.ts'

const CREATED: PutResult = { status: 'created' }
const EXISTS: PutResult = { status: 'exists', isNamed: true }
/** As a proxy says it, by the status alone. */
const EXISTS_NAMELESS: PutResult = { status: 'exists', isNamed: false }
const END = { position: 1, id: MessageId.parse('M00000000001') }
const OCCUPIED: Occupied = { status: 'occupied', occupant: { key: 'k', first: END, last: END } }
const GONE: Creation = {
  status: 'retry',
  failure: { class: 'transient', name: 'NoSuchKey', message: 'm', metric: 'LogDestinationErrors' },
}
const failed = (status: number, name: string): PutResult => ({
  status: 'failed',
  verdict: classify({ name, message: 'm', $metadata: { httpStatusCode: status } }),
})

const unproven = (name?: string): PutResult => ({
  status: 'failed',
  verdict: classify(new UnprovenAnswer(200, 'for a reason', name)),
})

/** Whatever stands in the way is an object of ours. */
function createProof(found: Awaited<ReturnType<Look>> = OCCUPIED): (put: Put) => Promise<Creation> {
  const proven = createBareProof()
  return (put) => proven(put, async () => found)
}

/** Answers in the given order, and counts. */
function answering(...answers: readonly PutResult[]): Put & { readonly calls: () => number } {
  let calls = 0
  const put = async () => {
    const answer = answers[calls]
    calls += 1
    if (answer === undefined) throw new Error('one put too many')
    return answer
  }
  return Object.assign(put, { calls: () => calls })
}

test('the first object is put twice, later ones once', async () => {
  const proven = createProof()
  const first = answering(CREATED, EXISTS)
  expect(await proven(first)).toEqual(CREATED)
  expect(first.calls()).toBe(2)
  const second = answering(CREATED)
  expect(await proven(second)).toEqual(CREATED)
  expect(second.calls()).toBe(1)
})

test('a store that takes the same object twice is refused, and is asked again by the next write', async () => {
  const proven = createProof()
  const ignored = { status: 'failed', verdict: { class: 'conditional-writes-ignored', action: 'hold' } }
  expect(await proven(answering(CREATED, CREATED))).toMatchObject(ignored)
  expect(await proven(answering(CREATED, CREATED))).toMatchObject(ignored)
  expect(await proven(answering(CREATED, EXISTS))).toEqual(CREATED)
})

test('an object of ours that is there already proves as much, once it has been read', async () => {
  const proven = createProof()
  expect(await proven(answering(EXISTS))).toEqual(OCCUPIED)
  expect(await proven(answering(CREATED))).toEqual(CREATED)
})

test('a 412 proves nothing while no object of ours was read, or where the store did not say it itself', async () => {
  const unread = createProof(GONE)
  expect(await unread(answering(EXISTS))).toEqual(GONE)
  expect(await unread(answering(CREATED, EXISTS))).toEqual(CREATED)
  const nameless = createProof()
  expect(await nameless(answering(EXISTS_NAMELESS))).toEqual(OCCUPIED)
  expect(await nameless(answering(CREATED, EXISTS_NAMELESS))).toEqual(CREATED)
  expect(await nameless(answering(CREATED, EXISTS))).toEqual(CREATED)
  expect(await nameless(answering(CREATED))).toEqual(CREATED)
})

test('an answer that proves nothing, first or second, leaves the proof to the next write', async () => {
  const proven = createProof()
  expect(await proven(answering(unproven()))).toMatchObject({ status: 'failed', verdict: { taken: 'maybe' } })
  expect(await proven(answering(CREATED, unproven()))).toEqual(CREATED)
  expect(await proven(answering(CREATED, EXISTS))).toEqual(CREATED)
  expect(await proven(answering(CREATED))).toEqual(CREATED)
})

test('a store that sends no ETag fails the proof; later it is an answer like any other that proves nothing', async () => {
  const proven = createProof()
  expect(await proven(answering(unproven(NO_ETAG)))).toMatchObject({
    status: 'failed',
    verdict: { class: 'conditional-writes-ignored', action: 'hold', name: 'NoETag' },
  })
  await proven(answering(CREATED, EXISTS))
  expect(await proven(answering(unproven(NO_ETAG)))).toMatchObject({ verdict: { action: 'retry', taken: 'maybe' } })
})

test('a second put that fails for now leaves the proof to the next write', async () => {
  const proven = createProof()
  expect(await proven(answering(CREATED, failed(503, 'SlowDown')))).toEqual(CREATED)
  const next = answering(CREATED, EXISTS)
  expect(await proven(next)).toEqual(CREATED)
  expect(next.calls()).toBe(2)
})

test('writes wait for the first one, then go out at once', async () => {
  const proven = createProof()
  let answer: (result: PutResult) => void = () => {}
  const pending = new Promise<PutResult>((resolve) => {
    answer = resolve
  })
  const answers = [pending, Promise.resolve(EXISTS)]
  const first = proven(async () => (await answers.shift()) ?? failed(500, 'InternalError'))
  const others = [answering(CREATED), answering(CREATED)]
  const waiting = others.map((put) => proven(put))
  expect(others.map((put) => put.calls())).toEqual([0, 0])
  answer(CREATED)
  expect(await Promise.all([first, ...waiting])).toEqual([CREATED, CREATED, CREATED])
})

test('writes that waited for one that failed have sent nothing, and say so', async () => {
  const proven = createProof()
  const first = proven(answering(failed(500, 'InternalError')))
  const other = answering()
  expect(await proven(other)).toMatchObject({ status: 'failed', verdict: { action: 'retry', taken: 'no' } })
  expect(other.calls()).toBe(0)
  expect(await first).toMatchObject({ status: 'failed', verdict: { taken: 'maybe' } })
})

test('a write that waited for one that gave up takes its place', async () => {
  const proven = createProof()
  const first = proven(async () => Promise.reject(new Error('aborted')))
  const other = answering(CREATED, EXISTS)
  const waiting = proven(other)
  await expect(first).rejects.toThrow('aborted')
  expect(await waiting).toEqual(CREATED)
  expect(other.calls()).toBe(2)
})
