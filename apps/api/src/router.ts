import {
  AddTagsInput,
  CreateAccessKeyInput,
  CreateLoggingConfigurationInput,
  CreateRoomInput,
  DeleteLoggingConfigurationInput,
  DeleteMessageInput,
  DeleteRoomInput,
  DeliveryStatusInput,
  DiscardDeadLettersInput,
  DisconnectUserInput,
  GetLoggingConfigurationInput,
  GetRoomInput,
  ListAccessKeysInput,
  ListDeadLettersInput,
  ListLoggingConfigurationsInput,
  ListRoomsInput,
  ListTagsInput,
  RedriveDeadLettersInput,
  RemoveTagsInput,
  type Result,
  RevokeAccessKeyInput,
  SendEventInput,
  SendMessageInput,
  SendMessagesInput,
  SetAsideInput,
  UpdateLoggingConfigurationInput,
  UpdateRoomInput,
} from '@roomlog/domain'
import { initTRPC } from '@trpc/server'
import type { Caller, OperationName, Operations } from './operations.ts'
import { ivsErrorOf, toTRPCError } from './trpc/error.ts'

/** The whole API as tRPC sees it: thin bindings over the operations. Clients import its type alone. */
export function createRouter(operations: Operations) {
  const { room, loggingConfiguration, chat, tags, accessKey, delivery } = operations

  // Before the input is looked at: who may not do this learns nothing about it.
  const procedure = (name: OperationName) =>
    trpc.procedure.use(async ({ ctx, signal, next }) => {
      const caller = operations.admit(name, ctx)
      if (!caller.ok) throw toTRPCError(caller.error)
      return next({ ctx: { caller: { ...caller.value, signal } } })
    })

  return trpc.router({
    room: trpc.router({
      create: procedure('room.create')
        .input(CreateRoomInput)
        .mutation(({ ctx, input }) => answer(room.create(ctx.caller, input))),
      get: procedure('room.get')
        .input(GetRoomInput)
        .query(({ ctx, input }) => answer(room.get(ctx.caller, input))),
      list: procedure('room.list')
        .input(ListRoomsInput)
        .query(({ ctx, input }) => answer(room.list(ctx.caller, input))),
      update: procedure('room.update')
        .input(UpdateRoomInput)
        .mutation(({ ctx, input }) => answer(room.update(ctx.caller, input))),
      delete: procedure('room.delete')
        .input(DeleteRoomInput)
        .mutation(({ ctx, input }) => answer(room.delete(ctx.caller, input))),
    }),
    loggingConfiguration: trpc.router({
      create: procedure('loggingConfiguration.create')
        .input(CreateLoggingConfigurationInput)
        .mutation(({ ctx, input }) => answer(loggingConfiguration.create(ctx.caller, input))),
      get: procedure('loggingConfiguration.get')
        .input(GetLoggingConfigurationInput)
        .query(({ ctx, input }) => answer(loggingConfiguration.get(ctx.caller, input))),
      list: procedure('loggingConfiguration.list')
        .input(ListLoggingConfigurationsInput)
        .query(({ ctx, input }) => answer(loggingConfiguration.list(ctx.caller, input))),
      update: procedure('loggingConfiguration.update')
        .input(UpdateLoggingConfigurationInput)
        .mutation(({ ctx, input }) => answer(loggingConfiguration.update(ctx.caller, input))),
      delete: procedure('loggingConfiguration.delete')
        .input(DeleteLoggingConfigurationInput)
        .mutation(({ ctx, input }) => answer(loggingConfiguration.delete(ctx.caller, input))),
    }),
    chat: trpc.router({
      sendMessage: procedure('chat.sendMessage')
        .input(SendMessageInput)
        .mutation(({ ctx, input }) => answer(chat.sendMessage(ctx.caller, input))),
      sendMessages: procedure('chat.sendMessages')
        .input(SendMessagesInput)
        .mutation(({ ctx, input }) => answer(chat.sendMessages(ctx.caller, input))),
      sendEvent: procedure('chat.sendEvent')
        .input(SendEventInput)
        .mutation(({ ctx, input }) => answer(chat.sendEvent(ctx.caller, input))),
      deleteMessage: procedure('chat.deleteMessage')
        .input(DeleteMessageInput)
        .mutation(({ ctx, input }) => answer(chat.deleteMessage(ctx.caller, input))),
      disconnectUser: procedure('chat.disconnectUser')
        .input(DisconnectUserInput)
        .mutation(({ ctx, input }) => answer(chat.disconnectUser(ctx.caller, input))),
    }),
    tags: trpc.router({
      list: procedure('tags.list')
        .input(ListTagsInput)
        .query(({ ctx, input }) => answer(tags.list(ctx.caller, input))),
      add: procedure('tags.add')
        .input(AddTagsInput)
        .mutation(({ ctx, input }) => answer(tags.add(ctx.caller, input))),
      remove: procedure('tags.remove')
        .input(RemoveTagsInput)
        .mutation(({ ctx, input }) => answer(tags.remove(ctx.caller, input))),
    }),
    accessKey: trpc.router({
      create: procedure('accessKey.create')
        .input(CreateAccessKeyInput)
        .mutation(({ ctx, input }) => answer(accessKey.create(ctx.caller, input))),
      list: procedure('accessKey.list')
        .input(ListAccessKeysInput)
        .query(({ ctx, input }) => answer(accessKey.list(ctx.caller, input))),
      revoke: procedure('accessKey.revoke')
        .input(RevokeAccessKeyInput)
        .mutation(({ ctx, input }) => answer(accessKey.revoke(ctx.caller, input))),
    }),
    delivery: trpc.router({
      status: procedure('delivery.status')
        .input(DeliveryStatusInput)
        .query(({ ctx, input }) => answer(delivery.status(ctx.caller, input))),
      setAside: procedure('delivery.setAside')
        .input(SetAsideInput)
        .mutation(({ ctx, input }) => answer(delivery.setAside(ctx.caller, input))),
      deadLetters: procedure('delivery.deadLetters')
        .input(ListDeadLettersInput)
        .query(({ ctx, input }) => answer(delivery.deadLetters(ctx.caller, input))),
      redrive: procedure('delivery.redrive')
        .input(RedriveDeadLettersInput)
        .mutation(({ ctx, input }) => answer(delivery.redrive(ctx.caller, input))),
      discardDeadLetters: procedure('delivery.discardDeadLetters')
        .input(DiscardDeadLettersInput)
        .mutation(({ ctx, input }) => answer(delivery.discardDeadLetters(ctx.caller, input))),
    }),
  })
}

export type AppRouter = ReturnType<typeof createRouter>

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
