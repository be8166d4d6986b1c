import { DestinationVersionId } from '@roomlog/domain'
import { lineOf } from '@roomlog/sinks'
import { expect, test } from 'vitest'
import { aCycle } from '../../test/scripted-delivery.ts'
import { Tally } from './tally.ts'

test('a dead letter is written with its bytes once its cycle is settled, and counts as not delivered', () => {
  const tally = new Tally(DestinationVersionId.parse(1))
  const [record] = aCycle(3).records.all()
  if (!record) throw new Error('no record')
  const bytes = Buffer.from(lineOf(record))
  tally.bury({ record, reason: 'too old' })
  expect(tally.take()).toBeUndefined()
  tally.settled(3, 1_000)
  // It is a copy: of a batch of megabytes, it keeps its own bytes alone.
  record.source.fill('-', record.start + record.byteLength - 40)
  const taken = tally.take()
  expect(taken?.deadLetters).toMatchObject([{ position: 1, reason: 'too old', bytes }])
  expect(taken?.totals).toMatchObject({ delivered: 2, dead: 1 })
  expect(tally.take()).toBeUndefined()
})

test('the dead letters of a dropped cycle are forgotten: its records are delivered again', () => {
  const tally = new Tally(DestinationVersionId.parse(1))
  const [record] = aCycle(1).records.all()
  if (!record) throw new Error('no record')
  tally.bury({ record, reason: 'too old' })
  tally.dropped()
  tally.settled(1, 1_000)
  expect(tally.take()).toMatchObject({ totals: { delivered: 1, dead: 0 }, deadLetters: [] })
})
