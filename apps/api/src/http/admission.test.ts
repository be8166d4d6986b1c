import { expect, test } from 'vitest'
import { createAdmission } from './admission.ts'

test('requests beyond the ceiling are refused until one leaves', () => {
  const admission = createAdmission({ requestsMax: 1, bodyBytesMax: 100, bodyBytesEach: 10 })
  const leave = admission.enter('1')
  expect(leave).toBeDefined()
  expect(admission.enter('1')).toBeUndefined()
  leave?.()
  expect(admission.enter('1')).toBeDefined()
})

test('bodies are bounded together and one of unknown length counts as the largest', () => {
  const admission = createAdmission({ requestsMax: 100, bodyBytesMax: 15, bodyBytesEach: 10 })
  expect(admission.enter(undefined)).toBeDefined()
  expect(admission.enter('6')).toBeUndefined()
  expect(admission.enter('5')).toBeDefined()
  expect(admission.enter('0')).toBeDefined()
})
