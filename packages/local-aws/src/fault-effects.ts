import { AwsError } from './aws-error.ts'
import type { Service } from './call.ts'
import type { Fault } from './faults.ts'
import type { Reply } from './reply.ts'

/** What becomes of a call whose ordinary answer a fault has replaced. */
export type Instead =
  | { readonly do: 'refuse'; readonly error: AwsError }
  | { readonly do: 'answer'; readonly reply: Reply }
  | { readonly do: 'hang' }
  | { readonly do: 'reset' }
  | { readonly do: 'lose-answer' }
  | { readonly do: 'run-late'; readonly ms: number }

export function insteadOf(fault: Fault, service: Service): Instead {
  switch (fault.effect) {
    case 'throttle':
      return refuse(
        service === 's3'
          ? new AwsError(503, 'SlowDown', 'Please reduce your request rate.')
          : new AwsError(400, 'ThrottlingException', 'Rate exceeded'),
      )
    case 'accessDenied':
      return refuse(
        service === 's3'
          ? new AwsError(403, 'AccessDenied', 'Access Denied')
          : new AwsError(400, 'AccessDeniedException', 'The caller is not authorized to perform this operation.'),
      )
    case 'missing':
      return refuse(
        service === 's3'
          ? new AwsError(404, 'NoSuchBucket', 'The specified bucket does not exist')
          : new AwsError(400, 'ResourceNotFoundException', 'The specified resource does not exist.'),
      )
    case 'error':
      return refuse(new AwsError(fault.status, fault.name, fault.message ?? 'An injected error.'))
    case 'answer': {
      const { status, contentType, body } = fault
      const headers = contentType === undefined ? {} : { 'content-type': contentType }
      return { do: 'answer', reply: { status, headers, body } }
    }
    case 'html502':
      return {
        do: 'answer',
        reply: {
          status: 502,
          headers: { 'content-type': 'text/html' },
          body: '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n',
        },
      }
    case 'falseSuccess':
      return {
        do: 'answer',
        reply: { status: 200, headers: { 'content-type': 'text/html' }, body: fault.body ?? '' },
      }
    case 'hang':
      return { do: 'hang' }
    case 'resetBefore':
      return { do: 'reset' }
    case 'answerLost':
      return { do: 'lose-answer' }
    case 'late':
      return { do: 'run-late', ms: fault.ms }
    default:
      throw new Error(`${fault.effect} changes how a call runs, it does not replace its answer.`)
  }
}

function refuse(error: AwsError): Instead {
  return { do: 'refuse', error }
}
