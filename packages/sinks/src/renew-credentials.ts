import type { AwsCredentialIdentity, MiddlewareStack } from '@smithy/types'
import { classify } from './classify.ts'

type Provider = (properties?: Record<string, unknown>) => Promise<AwsCredentialIdentity>

type Client<Input extends object, Output extends object> = {
  readonly config: {
    credentials: Provider
    /** The SDK's own chain: variables, files, processes, roles. */
    readonly credentialDefaultProvider: (init: object) => Provider
  }
  readonly middlewareStack: MiddlewareStack<Input, Output>
}

/**
 * Has a client that finds its own credentials look for them again once a service has refused them. The SDK does so only
 * for credentials that say when they expire, and those of a file do not: a file that another program rewrites would be
 * read once, and its token refused from the hour it expires until the process is started anew.
 */
export function renewCredentials<I extends object, O extends object, C extends Client<I, O>>(
  client: C & Client<I, O>,
): C {
  const { config, middlewareStack } = client
  // The SDK also keeps the text of the files that it has read.
  const find = config.credentialDefaultProvider({ ...config, parentClientConfig: config, ignoreCache: true })
  let areRefused = false
  const provider: Provider = async (properties) => {
    // A caller that was refused past the middleware asks for fresh ones by itself.
    if (!areRefused) return find(properties)
    const found = await find({ ...properties, forceRefresh: true })
    areRefused = false
    return found
  }
  // The SDK would remember what this answers, and not ask again.
  config.credentials = Object.assign(provider, { memoized: true })
  middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args)
      } catch (error) {
        areRefused ||= areOldCredentials(error)
        throw error
      }
    },
    { step: 'initialize', name: 'renewCredentialsMiddleware', override: true },
  )
  return client
}

/** Whether an error may be about credentials that were good once, so that others may have taken their place. */
export function areOldCredentials(error: unknown): boolean {
  return REFUSED.has(classify(error).name)
}

/** The answer to a HEAD names nothing; S3 gives it 400 for an old token. */
const REFUSED = new Set([
  ...['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired', 'InvalidToken'],
  ...['InvalidAccessKeyId', 'InvalidClientTokenId', 'UnrecognizedClientException', 'HTTP 400'],
])
