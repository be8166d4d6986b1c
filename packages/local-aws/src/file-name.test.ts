import { basename } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fileNameOf, nameAt, pathOf } from './file-name.ts'

const name = fc.string({ unit: 'grapheme', maxLength: 400 })

test('every name comes back from its path, and no path leaves its folder', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        name,
        fc.array(fc.constantFrom('', '.', '..', 'a', '%', '~', '%~')).map((p) => p.join('/')),
      ),
      (key) => {
        expect(nameAt(pathOf(key))).toBe(key)
        expect(nameAt(fileNameOf(key))).toBe(key)
        for (const part of pathOf(key).split('/')) {
          expect(['', '.', '..']).not.toContain(part)
          expect(Buffer.byteLength(part)).toBeLessThanOrEqual(210)
        }
      },
    ),
  )
})

test('ordinary keys keep their look', () => {
  const key = 'AWSLogs/123/ivschatlogs/2026/11/22/room_AbC=1+2.log.gz'
  expect(pathOf(key)).toBe(key)
  expect(basename(fileNameOf('/aws/ivs'))).toBe('%2Faws%2Fivs')
})
