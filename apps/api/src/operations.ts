import { type AccessKeyScope, type AccountId, CONTRACT, type OperationName, ok, type Result } from '@roomlog/domain'
import type { Services } from './context.ts'
import { throttle } from './limits/throttle.ts'
import type { Operation } from './operation.ts'
import { perform } from './operations/perform.ts'

/** What came with a request, before anybody is trusted. */
export type Call = { readonly authorization: string | undefined }

/** Who is asking, once admitted. */
export type Caller = {
  readonly accountId: AccountId
  readonly scopes: readonly AccessKeyScope[]
  readonly signal?: AbortSignal | undefined
}

/** All that a front door needs of the operations. Nothing here throws. */
export type Operations = {
  /** By key, scope and rate, before the input is looked at: a stranger learns nothing about it. */
  readonly admit: (name: OperationName, call: Call) => Promise<Result<Caller>>
  /** Checks the input, performs, and answers what the contract says. */
  readonly perform: (name: OperationName, caller: Caller, input: unknown) => Promise<Result<unknown>>
}

/** The operations as front doors use them, working with these services. */
export function bindOperations(operations: ReadonlyMap<OperationName, Operation>, services: Services): Operations {
  return {
    admit: (name, call) => perform(services.log, () => admit(services, name, call)),
    perform: (name, { accountId, scopes, signal }, input) =>
      perform(services.log, () => {
        const operation = operations.get(name)
        if (operation === undefined) throw new Error(`${name} is not implemented`)
        // By name: a second spread takes V8's slow path, on every call.
        return operation.perform({ ...services, accountId, scopes, signal }, input)
      }),
  }
}

async function admit(services: Services, name: OperationName, call: Call): Promise<Result<Caller>> {
  const { scopes, rate } = CONTRACT[name]
  const principal = await services.authenticator.authenticate(call.authorization, scopes)
  if (!principal.ok) return principal
  if (rate.counts === 'calls') {
    const throttled = throttle(services, principal.value.accountId, rate)
    if (!throttled.ok) return throttled
  }
  return ok(principal.value)
}
