import type { S3Client } from '@aws-sdk/client-s3'

/**
 * Has a client name the bucket in the path wherever its endpoint is not Amazon's own, which rarely has a host name a
 * bucket. The SDK takes an endpoint from the client's options, from variables, or from `endpoint_url` in its configuration
 * file, and the file it reads with the first call only; so this is asked at each call, and not decided here.
 */
export function addressByPath(client: S3Client): S3Client {
  Object.defineProperty(client.config, 'forcePathStyle', { get: () => client.config.isCustomEndpoint === true })
  return client
}
