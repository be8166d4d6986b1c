import fc from 'fast-check'
import { expect, test } from 'vitest'
import { JSON_DEPTH_MAX, JSON_VALUES_MAX, JSON_VALUES_PER_ITEM_MAX, jsonSizeFault } from './json-size.ts'

const faultOf = (text: string, itemsMax = 1) => jsonSizeFault(Buffer.from(text), { itemsMax })
const list = (n: number, item = '1') => `[${Array.from({ length: n }, () => item).join(',')}]`

test('what any call may look like is let through, whatever stands in its strings', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.string({ unit: 'binary' }), (value, text) => {
      expect(faultOf(JSON.stringify([value, text, '[[[[[[[[[[[[[[[[[[', '\\"[', { '{{{"': text }]))).toBeUndefined()
    }),
  )
})

test('nesting is refused beyond its bound and not before', () => {
  expect(faultOf('['.repeat(JSON_DEPTH_MAX) + ']'.repeat(JSON_DEPTH_MAX))).toBeUndefined()
  expect(faultOf('{"a":'.repeat(JSON_DEPTH_MAX + 1))).toContain('in each other')
  expect(faultOf(list(1_000, '[]'))).toBeUndefined()
})

test('values are counted, and refused beyond their bound', () => {
  // The list itself is a value, and so is whatever holds it.
  expect(faultOf(list(JSON_VALUES_MAX - 1))).toBeUndefined()
  expect(faultOf(list(JSON_VALUES_MAX))).toContain('values')
  expect(faultOf(list(JSON_VALUES_MAX, '{}'))).toContain('values')
})

test('a call of many items may have more, in proportion to them', () => {
  const items = 1_000
  const call = (each: number) => `{"messages":${list(items, list(each))}}`
  expect(faultOf(call(JSON_VALUES_PER_ITEM_MAX - 2), items)).toBeUndefined()
  expect(faultOf(call(JSON_VALUES_PER_ITEM_MAX + 2), items)).toContain('values')
  expect(faultOf(call(JSON_VALUES_PER_ITEM_MAX - 2), 1)).toContain('values')
  // More items than the call may have buy no more values.
  expect(faultOf(`{"messages":${list(100_000, '{}')}}`, items)).toContain('values')
})

test('what is cut off in the middle of a string is not looked at beyond its end', () => {
  expect(faultOf('{"a":"[[[[\\')).toBeUndefined()
})
