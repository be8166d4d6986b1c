import type { z } from 'zod'
import { AwsError } from './aws-error.ts'

/** Checks an operation's input; what the model forbids is refused with the service's own error name. */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown, errorName: string): T {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const found = parsed.error.issues
    .slice(0, 5)
    .map((issue) => `Value at '${issue.path.join('.')}' failed to satisfy constraint: ${issue.message}`)
  throw new AwsError(400, errorName, `${found.length} validation error detected: ${found.join('; ')}`)
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The JSON of a request's body, as AWS refuses it when it is none. */
export function parseJson(body: Buffer): unknown {
  try {
    return body.length === 0 ? {} : JSON.parse(body.toString('utf8'))
  } catch {
    throw new AwsError(400, 'SerializationException', 'The request body is not JSON.')
  }
}
