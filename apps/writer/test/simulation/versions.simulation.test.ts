import type { MessageId } from '@roomlog/domain'
import type { WriteOutcome } from '@roomlog/sinks'
import { expect, it } from 'vitest'
import { loneWriters } from '../lone-writer.ts'

const DENIED: WriteOutcome = {
  status: 'refused',
  scope: 'destination',
  failure: { class: 'access', name: 'AccessDenied', message: 'no', metric: 'LogDestinationAccessDeniedError' },
}

it('a later version with the same target starts after the earlier one has drained, whatever ids they drew', async () => {
  const delivered: MessageId[] = []
  let reachable = false
  const { time, append, start } = loneWriters('firehose', (version, ids) => {
    if (version === 2 && !reachable) return DENIED
    delivered.push(...ids)
    return { status: 'delivered' }
  })
  const stop = start()
  const ids = [await append(2), await append(1), await append(1)]
  await time.advance(60_000)
  expect(delivered).toEqual([])
  reachable = true
  await time.advance(120_000)
  expect(delivered).toEqual(ids)
  await stop()
})
