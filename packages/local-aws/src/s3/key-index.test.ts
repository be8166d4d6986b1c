import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keyIndex } from './key-index.ts'

const key = fc.array(fc.constantFrom('a', 'b', '/', '-', '\u00fc', '\u{1f600}', '\uffee'), {
  minLength: 1,
  maxLength: 6,
})
const keys = fc.array(
  key.map((parts) => parts.join('')),
  { maxLength: 30 },
)

test('pages put together are what a plain list of the keys gives', () => {
  fc.assert(
    fc.property(
      keys,
      keys,
      fc.constantFrom('', 'a', 'a/'),
      fc.constantFrom('', '/'),
      fc.integer({ min: 1, max: 4 }),
      (added, removed, prefix, delimiter, keysMax) => {
        const index = keyIndex()
        for (const one of added) index.add(one)
        for (const one of removed) index.remove(one)
        const left = new Set(added.filter((one) => !removed.includes(one)))
        expect(index.size()).toBe(left.size)

        const found: { keys: string[]; commonPrefixes: string[] } = { keys: [], commonPrefixes: [] }
        let from: string | undefined = ''
        while (from !== undefined) {
          const page = index.list({ prefix, delimiter, from, keysMax })
          found.keys.push(...page.keys)
          found.commonPrefixes.push(...page.commonPrefixes)
          from = page.next
        }
        expect(found).toEqual(plainList([...left], prefix, delimiter))
      },
    ),
  )
})

test('a key that was removed and added again is listed once', () => {
  const index = keyIndex()
  index.add('a')
  index.remove('a')
  index.add('a')
  index.add('a')
  expect(index.list({ prefix: '', delimiter: '', from: '', keysMax: 9 }).keys).toEqual(['a'])
})

function plainList(all: string[], prefix: string, delimiter: string) {
  const sorted = all
    .filter((one) => one.startsWith(prefix))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const keys: string[] = []
  const commonPrefixes = new Set<string>()
  for (const one of sorted) {
    const cut = delimiter === '' ? -1 : one.indexOf(delimiter, prefix.length)
    if (cut < 0) keys.push(one)
    else commonPrefixes.add(one.slice(0, cut + 1))
  }
  return { keys, commonPrefixes: [...commonPrefixes] }
}
