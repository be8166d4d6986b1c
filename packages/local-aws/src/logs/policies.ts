import { join } from 'node:path'
import { z } from 'zod'
import { readIfThere, replaceFile } from '../durable-file.ts'
import { parseInput } from '../json-input.ts'
import { logsError } from './error.ts'
import { POLICIES_MAX, POLICY_CHARS_MAX } from './limits.ts'

export type Policies = {
  put(input: unknown): Promise<unknown>
  describe(input: unknown): Promise<unknown>
  remove(input: unknown): Promise<unknown>
}

/** Resource policies of the account, kept in one file. They are stored, not enforced. */
export async function createPolicies(options: {
  dataDir: string
  fsync: boolean
  now: () => number
}): Promise<Policies> {
  const path = join(options.dataDir, 'logs-resource-policies.json')
  const policies = new Map<string, Policy>()
  for (const policy of z.array(Policy).parse(JSON.parse((await readIfThere(path)) ?? '[]'))) {
    policies.set(policy.policyName, policy)
  }

  return {
    async put(raw) {
      const { policyName, policyDocument } = parseInput(PutInput, raw, 'InvalidParameterException')
      if (!policies.has(policyName) && policies.size >= POLICIES_MAX) {
        throw logsError('LimitExceededException', 'Resource limit exceeded.')
      }
      const policy = { policyName, policyDocument, lastUpdatedTime: options.now() }
      policies.set(policyName, policy)
      await save()
      return { resourcePolicy: policy }
    },
    async describe(raw) {
      const { limit, nextToken } = parseInput(DescribeInput, raw, 'InvalidParameterException')
      const all = [...policies.values()].filter(({ policyName }) => nextToken === undefined || policyName > nextToken)
      const shown = all.sort((a, b) => (a.policyName < b.policyName ? -1 : 1)).slice(0, limit)
      const last = shown[shown.length - 1]
      return { resourcePolicies: shown, ...(last && shown.length < all.length ? { nextToken: last.policyName } : {}) }
    },
    async remove(raw) {
      const { policyName } = parseInput(RemoveInput, raw, 'InvalidParameterException')
      if (!policies.delete(policyName)) {
        throw logsError('ResourceNotFoundException', 'Policy with name doesnt exist')
      }
      await save()
      return {}
    },
  }

  function save() {
    return replaceFile(path, `${JSON.stringify([...policies.values()], undefined, 2)}\n`, options.fsync)
  }
}

const Policy = z.object({ policyName: z.string(), policyDocument: z.string(), lastUpdatedTime: z.number() })
type Policy = z.infer<typeof Policy>

const PutInput = z.object({
  policyName: z.string().min(1),
  policyDocument: z.string().min(1).max(POLICY_CHARS_MAX).refine(isJson, 'Member must be a policy in JSON'),
})
const DescribeInput = z.object({
  limit: z.int().min(1).max(50).default(50),
  nextToken: z.string().min(1).optional(),
})
const RemoveInput = z.object({ policyName: z.string().min(1) })

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
