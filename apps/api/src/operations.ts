import { CONTRACT, type OperationName, ok, type Result } from '@roomlog/domain'
import { type Caller, checkScope, type LookedUp } from './access/caller.ts'
import type { Services } from './context.ts'
import { throttle } from './limits/throttle.ts'
import type { Operation } from './operation.ts'
import { perform } from './operations/perform.ts'

/** All that a front door needs of the operations. Nothing here throws. */
export type Operations = {
  /** Whose key the header `Authorization` has; at once where the key is known, else after a look-up. */
  readonly identify: (authorization: string | undefined) => Result<Caller> | LookedUp
  /** By scope and rate, before the input is looked at: who may not do this learns nothing about it. */
  readonly admit: (name: OperationName, caller: Caller) => Result<Caller>
  /** Checks the input, performs, and answers what the contract says. */
  readonly perform: (
    name: OperationName,
    caller: Caller,
    input: unknown,
    options: { readonly signal?: AbortSignal | undefined },
  ) => Promise<Result<unknown>>
}

/** The operations as front doors use them, working with these services. */
export function bindOperations(operations: ReadonlyMap<OperationName, Operation>, services: Services): Operations {
  return {
    identify: (authorization) => {
      const found = services.authenticator.authenticate(authorization)
      return 'answer' in found ? { ...found, answer: perform(services.log, () => found.answer) } : found
    },
    admit: (name, caller) => admit(services, name, caller),
    perform: (name, caller, input, { signal }) =>
      perform(services.log, () => {
        const operation = operations.get(name)
        if (operation === undefined) throw new Error(`${name} is not implemented`)
        // By name: a second spread takes V8's slow path, on every call.
        return operation.perform({ ...services, caller, accountId: caller.accountId, signal }, input)
      }),
  }
}

function admit(services: Services, name: OperationName, caller: Caller): Result<Caller> {
  const { scopes, rate } = CONTRACT[name]
  const allowed = checkScope(caller, scopes)
  if (!allowed.ok) return allowed
  if (rate.counts === 'calls') {
    const throttled = throttle(services, caller.accountId, rate)
    if (!throttled.ok) return throttled
  }
  return ok(caller)
}
