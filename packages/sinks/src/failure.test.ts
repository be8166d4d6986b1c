import { expect, test } from 'vitest'
import { classify } from './classify.ts'
import { failureOf, readOutcomeOf, type Subject, writeOutcomeOf } from './failure.ts'

const subject: Subject = {
  kind: 's3',
  target: 'chat-logs',
  region: 'eu-west-1',
  call: 'PutObject',
  permissions: 's3:PutObject',
}
const verdict = (status: number, name: string) =>
  classify({ name, message: 'm', $metadata: { httpStatusCode: status } })

test('a failure says what a person can do about it', () => {
  const denied = failureOf(verdict(403, 'AccessDenied'), subject)
  expect(denied.message).toBe(
    'PutObject to S3 bucket chat-logs was denied: AccessDenied. Allow s3:PutObject to the principal that delivers. (m)',
  )
  expect(failureOf(verdict(404, 'NoSuchBucket'), subject).message).toContain('not found in eu-west-1')
})

test('a failure counts under the metric that IVS has for it', () => {
  expect(failureOf(verdict(403, 'AccessDenied'), subject).metric).toBe('LogDestinationAccessDeniedError')
  expect(failureOf(verdict(404, 'NoSuchBucket'), subject).metric).toBe('LogDestinationResourceNotFoundErrors')
  expect(failureOf(verdict(500, 'InternalError'), subject).metric).toBe('LogDestinationErrors')
})

test('a write that may have been taken is unknown, whatever the error is called', () => {
  expect(writeOutcomeOf(verdict(403, 'SyntaxError'), subject).status).toBe('unknown')
  expect(writeOutcomeOf(verdict(500, 'InternalError'), subject).status).toBe('unknown')
})

test('a write that was surely not taken is repeated, held or split', () => {
  expect(writeOutcomeOf(verdict(400, 'ThrottlingException'), subject)).toMatchObject({ status: 'retry' })
  expect(writeOutcomeOf(verdict(403, 'AccessDenied'), subject)).toMatchObject({
    status: 'refused',
    scope: 'destination',
  })
  expect(writeOutcomeOf(verdict(400, 'InvalidRequest'), subject)).toMatchObject({ status: 'refused', scope: 'batch' })
})

test('a read that got no answer is simply asked again', () => {
  expect(readOutcomeOf(verdict(500, 'InternalError'), subject).status).toBe('retry')
  expect(readOutcomeOf(verdict(403, 'AccessDenied'), subject).status).toBe('refused')
})
