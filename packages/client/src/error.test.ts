import { TRPCClientError } from '@trpc/client'
import { describe, expect, test } from 'vitest'
import { isRoomlogError } from './error.ts'

describe('isRoomlogError', () => {
  test('knows a refusal of the api by its data', () => {
    const ivs = { name: 'ThrottlingException', message: 'Too many requests' }
    const shape = {
      code: -32029,
      message: 'Too many requests',
      data: { code: 'TOO_MANY_REQUESTS', httpStatus: 429, ivs },
    }
    expect(isRoomlogError(TRPCClientError.from({ error: shape }))).toBe(true)
  })

  test('does not take a failed network or another error for one', () => {
    expect(isRoomlogError(TRPCClientError.from(new Error('fetch failed')))).toBe(false)
    expect(isRoomlogError(new Error('no'))).toBe(false)
    expect(isRoomlogError(undefined)).toBe(false)
  })

  test('does not take an answer of another tRPC server for one', () => {
    const shape = { code: -32600, message: 'no', data: { code: 'BAD_REQUEST', httpStatus: 400 } }
    expect(isRoomlogError(TRPCClientError.from({ error: shape }))).toBe(false)
  })
})
