import { expect, test } from 'vitest'
import type { z } from 'zod'
import { SendMessageInput } from './chat.ts'
import { CreateRoomInput } from './room.ts'
import { validationError } from './validation.ts'

function errorOf(schema: z.ZodType, input: unknown) {
  const parsed = schema.safeParse(input)
  if (parsed.success) throw new Error('the input was taken')
  return validationError(parsed.error)
}

test('a failed schema becomes a ValidationException that names every field', () => {
  const error = errorOf(SendMessageInput, {
    roomIdentifier: 'arn:aws:ivschat:us-west-2:123456789012:room/abc123DEF456',
    sender: { userId: '', attributes: { a: 1 } },
    content: 'x',
  })
  expect(error).toEqual({
    name: 'ValidationException',
    message: 'Request member: sender.userId failed to satisfy the constraints: Must have 1 to 128 characters',
    reason: 'FIELD_VALIDATION_FAILED',
    fieldList: [
      { name: 'sender.userId', message: 'Must have 1 to 128 characters' },
      { name: 'sender.attributes', message: 'Must be an object of strings' },
    ],
  })
})

test('an input that is no object names no field', () => {
  expect(errorOf(CreateRoomInput, 1)).toMatchObject({
    message: expect.stringMatching(/^The request failed to satisfy the constraints: /),
    fieldList: [{ name: '' }],
  })
})

test('nothing of what was sent is repeated', () => {
  const error = errorOf(CreateRoomInput, {
    name: 'secret!',
    loggingConfigurationIdentifiers: ['secret'],
    tags: { secret: 1 },
  })
  expect(error).toHaveProperty('fieldList.length', 3)
  expect(JSON.stringify(error)).not.toContain('secret')
})

test('an input that is wrong in thousands of places names the first 20', () => {
  const issues = Array.from({ length: 3000 }, (_, i) => ({ path: ['list', i], message: 'Must be better' }))
  const error = validationError({ issues })
  expect(error).toHaveProperty('fieldList.length', 20)
  expect(error).toHaveProperty(['fieldList', 19], { name: 'list.19', message: 'Must be better' })
})
