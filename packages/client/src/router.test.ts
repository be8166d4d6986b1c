import { initTRPC } from '@trpc/server'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import type { ErrorShape, GroupsOf } from './router.ts'

const Thing = z.object({ name: z.string(), size: z.int().optional() }).readonly()
const GetInput = z.object({ name: z.string().default('') }).prefault({})

type Table = {
  'thing.get': { kind: 'query'; input: typeof GetInput; output: typeof Thing }
  'thing.make': { kind: 'mutation'; input: typeof Thing; output: typeof Thing }
  'other.make': { kind: 'mutation'; input: typeof Thing; output: typeof Thing }
}

test('a table folds into what tRPC infers of the same procedures written by hand', () => {
  const trpc = initTRPC.context<object>().create({ errorFormatter: ({ shape }): ErrorShape => refuse(shape) })
  const thing = async (): Promise<z.output<typeof Thing>> => ({ name: 'a' })
  const byHand = trpc.router({
    thing: trpc.router({
      get: trpc.procedure.input(GetInput).query(thing),
      make: trpc.procedure.input(Thing).mutation(thing),
    }),
    other: trpc.router({ make: trpc.procedure.input(Thing).mutation(thing) }),
  })
  expectTypeOf(byHand._def.record).toEqualTypeOf<GroupsOf<Table>>()
})

function refuse(shape: unknown): never {
  throw new Error(`nobody calls this: ${String(shape)}`)
}
