import {
  CONTRACT,
  fail,
  type InputOf,
  type OperationName,
  type OutputOf,
  type Result,
  validationError,
} from '@roomlog/domain'
import type { z } from 'zod'
import type { Context } from './context.ts'

/** An operation of the contract, as doors call it: checks the input with the schema of its entry, then performs. */
export type Operation = {
  readonly name: OperationName
  readonly perform: (ctx: Context, input: unknown) => Promise<Result<unknown>>
}

/**
 * Implements the entry `name` of the contract. `isPlain` may say of an input, cheaply, that it is right as it stands;
 * the schema is asked about all others.
 */
export function operation<N extends OperationName, P = never>(
  name: N,
  run: (ctx: Context, input: InputOf<N> | P) => Promise<Result<OutputOf<N>>>,
  isPlain?: (input: unknown) => input is InputOf<N> | P,
): Operation {
  const { input: schema } = ENTRIES[name]
  return {
    name,
    perform: async (ctx, input) => {
      if (isPlain?.(input)) return run(ctx, input)
      const parsed = schema.safeParse(input)
      return parsed.success ? run(ctx, parsed.data) : fail(validationError(parsed.error))
    },
  }
}

/** The contract, written so that the compiler follows from a name to the type of its input. */
const ENTRIES: { readonly [N in OperationName]: { readonly input: z.ZodType<InputOf<N>> } } = CONTRACT
