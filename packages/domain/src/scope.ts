import { z } from 'zod'

/**
 * What an access key may do. `chat`: send, delete and disconnect, for servers that send. `read`: look at rooms,
 * configurations, tags and delivery. `moderate`: what `read` may, and delete messages and disconnect people. `admin`: all
 * that concerns its account. `operator`: what concerns all accounts; the root key has it, and it alone can give it.
 */
export const AccessKeyScope = z.enum(['admin', 'chat', 'read', 'moderate', 'operator'])
export type AccessKeyScope = z.infer<typeof AccessKeyScope>

/** Whether a key with these scopes may do what one of `wanted` may do. */
export function grants(scopes: readonly AccessKeyScope[], wanted: readonly AccessKeyScope[]): boolean {
  return wanted.some((scope) => scopes.includes(scope) || (scope !== 'operator' && scopes.includes('admin')))
}
