import { z } from 'zod'
import { logsError } from './error.ts'
import { GROUP_NAME, STREAM_NAME } from './limits.ts'

export const GroupName = z
  .string()
  .regex(GROUP_NAME, 'Member must satisfy regular expression pattern: [.-_/#A-Za-z0-9]+')
export const StreamName = z.string().regex(STREAM_NAME, 'Member must satisfy regular expression pattern: [^:*]*')

/** Operations name a group by its name or, in the newer member, by its name or ARN. */
export const GroupRef = z.object({ logGroupName: GroupName.optional(), logGroupIdentifier: z.string().optional() })

export function groupName(input: z.infer<typeof GroupRef>): string {
  const { logGroupName, logGroupIdentifier } = input
  if ((logGroupName === undefined) === (logGroupIdentifier === undefined)) {
    throw logsError('InvalidParameterException', 'Exactly one of logGroupName and logGroupIdentifier is required.')
  }
  return (
    logGroupName ?? (logGroupIdentifier ?? '').replace(/^arn:[^:]+:logs:[^:]*:\d+:log-group:/, '').replace(/:\*$/, '')
  )
}
