import type { AppRouter } from '@roomlog/client'
import { CONTRACT, OPERATION_NAMES, type OperationName, type Result } from '@roomlog/domain'
import { type AnyTRPCProcedure, type AnyTRPCRouter, initTRPC } from '@trpc/server'
import type { Caller } from '../../access/caller.ts'
import type { Operations } from '../../operations.ts'
import { ivsErrorOf, toTRPCError } from './error.ts'

/**
 * The whole API as tRPC sees it, folded from the contract. That the value is of the client's type is the one thing here
 * that the compiler takes on trust: `router.test.ts` of the client holds that the type folds as tRPC would infer it.
 */
export function createRouter(operations: Operations): AppRouter
export function createRouter(operations: Operations): AnyTRPCRouter {
  const groups: Record<string, Record<string, AnyTRPCProcedure>> = {}
  for (const name of OPERATION_NAMES) {
    const [group = '', verb = ''] = name.split('.')
    groups[group] = { ...groups[group], [verb]: procedure(operations, name) }
  }
  return trpc.router(groups)
}

function procedure(operations: Operations, name: OperationName): AnyTRPCProcedure {
  const admitted = trpc.procedure
    .use(({ ctx, signal, next }) => {
      const caller = operations.admit(name, ctx)
      if (!caller.ok) throw toTRPCError(caller.error)
      return next({ ctx: { caller: caller.value, signal } })
    })
    // The operation checks its input itself, for every door.
    .input((input: unknown) => input)
  return CONTRACT[name].kind === 'query'
    ? admitted.query(({ ctx, input }) => answer(operations.perform(name, ctx.caller, input, ctx)))
    : admitted.mutation(({ ctx, input }) => answer(operations.perform(name, ctx.caller, input, ctx)))
}

const trpc = initTRPC.context<Caller>().create({
  isDev: false,
  errorFormatter: ({ shape, error }) => {
    const ivs = ivsErrorOf(error)
    // An exception's own message may tell of our insides.
    return { ...shape, message: ivs.message, data: { ...shape.data, ivs } }
  },
})

/** What gives an error its shape, for answers that no procedure gives. */
export const errorConfig = trpc._config

async function answer<T>(result: Promise<Result<T>>): Promise<T> {
  const settled = await result
  if (settled.ok) return settled.value
  throw toTRPCError(settled.error)
}
