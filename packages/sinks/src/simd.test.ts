import { afterEach, expect, test, vi } from 'vitest'
import { createEventWriter } from './cloudwatch-logs/event-writer.ts'
import { createDataWriter } from './firehose/data-writer.ts'

afterEach(() => vi.unstubAllGlobals())

function refuse(): never {
  throw new Error('invalid value type')
}

test.each([
  ['none, as with --jitless', undefined],
  ['none that takes SIMD', { Module: refuse }],
])('without WebAssembly nothing is written fast, and nothing thrown: %s', (_, stub) => {
  vi.stubGlobal('WebAssembly', stub)
  expect(createEventWriter().write([], Buffer.alloc(1), 0)).toBeUndefined()
  expect(createDataWriter().write([], [], Buffer.alloc(1), 0)).toBeUndefined()
})
