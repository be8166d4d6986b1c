import { expect, test } from 'vitest'
import { type LoadPoint, renderPicture } from './picture.ts'

const point = (perSecond: number, p50: number): LoadPoint => ({
  perSecond,
  acknowledgedPerSecond: perSecond,
  delays: [
    { kind: 's3', p50: 2 + p50, p99: 5 + p50 },
    { kind: 'firehose', p50, p99: 2 * p50 },
  ],
})

test('a picture has a line for p50 and p99 of each destination, and one for the throughput', () => {
  const svg = renderPicture([point(500, 0.3), point(1_000, 0.4), point(4_000, 2)], 'a machine <of> ours')
  expect(svg.match(/<polyline/g)).toHaveLength(5)
  expect(svg).toContain('a machine &lt;of> ours')
  expect(svg).not.toMatch(/NaN|Infinity/)
})
