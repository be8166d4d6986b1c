import { type Answer, headerOf, isJsonObject, parsed } from './answer.ts'

/** What a service says of an error. Each is undefined where it does not say it in its own words. */
export type Words = {
  readonly name: string | undefined
  readonly message: string | undefined
  /** Which header a store does not implement. */
  readonly header?: string | undefined
}

/** An answer that is no success, in the shape of the SDK's errors, so that both are classified by one rule. */
export class ServiceError extends Error {
  override readonly name: string
  readonly $metadata: { readonly httpStatusCode: number; readonly clockSkewCorrected: boolean }
  readonly Header: string | undefined

  constructor(
    $metadata: ServiceError['$metadata'],
    { name = 'UnknownError', message = 'UnknownError', header }: Words,
  ) {
    super(message)
    this.name = name
    this.$metadata = $metadata
    this.Header = header
  }
}

/** A JSON service names an error in the body, else in a header. What has another body is somebody else's answer. */
export function jsonWords(answer: Answer): Words {
  const said = answer.body.length === 0 ? {} : parsed(answer.body)
  if (!isJsonObject(said)) return { name: undefined, message: undefined }
  const named = [said.__type, said.code, headerOf(answer, 'x-amzn-errortype')].find(isText)
  return {
    // `com.amazonaws.logs#Name` and `Name:http://…` are the same as `Name`.
    name: named?.replace(/[,:].*/s, '').replace(/^.*#/s, '') || undefined,
    message: [said.message, said.Message].find(isText),
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
