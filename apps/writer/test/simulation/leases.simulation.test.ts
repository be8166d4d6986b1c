import type { MessageId } from '@roomlog/domain'
import { expect, it } from 'vitest'
import { loneWriters } from '../lone-writer.ts'

it('a call that cannot be repeated is sent only while the lease outlasts its timeout', async () => {
  const delivered: MessageId[] = []
  const { time, leases, append, start } = loneWriters('cloudWatchLogs', (_, ids) => {
    delivered.push(...ids)
    return { status: 'delivered' }
  })
  const stop = start()
  const ids = [await append(1)]
  await time.advance(5_000)
  expect(delivered).toEqual(ids)
  leases.canBeExtended = false
  // Of the lease's 30 s less is left than the 5 s that a call may take.
  await time.advance(25_500)
  ids.push(await append(1))
  await time.advance(3_000)
  expect(delivered).toHaveLength(1)
  leases.canBeExtended = true
  await time.advance(5_000)
  expect(delivered).toEqual(ids)
  await stop()
})

it('an object is begun only while the lease is held', async () => {
  const delivered: MessageId[] = []
  const { time, leases, append, start } = loneWriters('s3', (_, ids) => {
    delivered.push(...ids)
    return { status: 'delivered' }
  })
  const stop = start()
  await time.advance(2_000)
  leases.canBeExtended = false
  // Due after a minute; the lease lasts half of that.
  const ids = [await append(1)]
  await time.advance(90_000)
  expect(delivered).toEqual([])
  leases.canBeExtended = true
  await time.advance(5_000)
  expect(delivered).toEqual(ids)
  await stop()
})
