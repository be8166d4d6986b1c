import type { Contract, OperationName, RoomlogError } from '@roomlog/domain'
import type {
  inferRouterInputs,
  inferRouterOutputs,
  TRPCBuiltRouter,
  TRPCDefaultErrorShape,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
} from '@trpc/server'
import type { z } from 'zod'

type Entry = { readonly kind: string; readonly input: z.ZodType; readonly output: z.ZodType }
type Signature<E extends Entry> = {
  input: z.input<E['input']>
  output: z.output<E['output']>
  meta: object
  errorShape: ErrorShape
}

/** What tRPC would infer of a procedure that was written for this entry of the contract. */
export type ProcedureOf<E extends Entry> = E['kind'] extends 'query'
  ? TRPCQueryProcedure<Signature<E>>
  : TRPCMutationProcedure<Signature<E>>

/** A table of `group.verb` as tRPC nests it. */
export type GroupsOf<C extends Record<string, Entry>> = {
  [G in keyof C & string as G extends `${infer Group}.${string}` ? Group : never]: {
    [N in keyof C & string as N extends `${G extends `${infer Group}.${string}` ? Group : never}.${infer Verb}`
      ? Verb
      : never]: ProcedureOf<C[N]>
  }
}

/** The shape of an answer that refuses: `data.ivs` is our own error. */
export type ErrorShape = TRPCDefaultErrorShape & {
  data: TRPCDefaultErrorShape['data'] & { readonly ivs: RoomlogError }
}

/** The api's procedures, folded from the contract. The api builds the value of this type. */
export type AppRouter = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: ErrorShape; transformer: false },
  GroupsOf<Pick<Contract, OperationName>>
>

/** What each procedure takes: `RoomlogInputs['room']['create']`. */
export type RoomlogInputs = inferRouterInputs<AppRouter>

/** What each procedure answers. */
export type RoomlogOutputs = inferRouterOutputs<AppRouter>
