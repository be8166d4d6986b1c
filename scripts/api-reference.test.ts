import { CONTRACT, OPERATION_NAMES } from '@roomlog/domain'
import { expect, test } from 'vitest'
import { apiReference } from './api-reference.ts'

test('docs/api.md is what the contract says', async () => {
  await expect(apiReference()).toMatchFileSnapshot('../docs/api.md')
})

test.each(OPERATION_NAMES)('the example of %s is what its schemas take', (name) => {
  const { input, output, example } = CONTRACT[name]
  expect(input.safeParse(example.input).error).toBeUndefined()
  expect(output.safeParse(example.output).error).toBeUndefined()
})
