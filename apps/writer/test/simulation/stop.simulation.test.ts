import type { MessageId } from '@roomlog/domain'
import { expect, it } from 'vitest'
import { loneWriters } from '../lone-writer.ts'

it('a stop leaves open runs to the next writer, which goes on with them as if nothing had happened', async () => {
  const objects: (readonly MessageId[])[] = []
  const { time, append, start } = loneWriters('s3', (_, ids) => {
    objects.push(ids)
    return { status: 'delivered' }
  })
  const stop = start()
  const ids = [await append(1), await append(1)]
  await time.advance(5_000)
  await stop()
  expect(objects).toEqual([])
  const stopNext = start()
  ids.push(await append(1))
  await time.advance(120_000)
  expect(objects).toEqual([ids])
  await stopNext()
})
