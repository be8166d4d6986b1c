import { type AccessKeyScope, ok, type Result } from '@roomlog/domain'
import { checkScope } from './access/authenticator.ts'
import type { Context, Services } from './context.ts'
import type { RateName } from './limits/rates.ts'
import { throttle } from './limits/throttle.ts'
import { createAccessKey } from './operations/access-key/create.ts'
import { listAccessKeys } from './operations/access-key/list.ts'
import { revokeAccessKey } from './operations/access-key/revoke.ts'
import { deleteMessage } from './operations/chat/delete-message.ts'
import { disconnectUser } from './operations/chat/disconnect-user.ts'
import { sendEvent } from './operations/chat/send-event.ts'
import { sendMessage } from './operations/chat/send-message.ts'
import { sendMessages } from './operations/chat/send-messages.ts'
import { listDeadLetters } from './operations/delivery/dead-letters.ts'
import { discardDeadLetters } from './operations/delivery/discard.ts'
import { redriveDeadLetters } from './operations/delivery/redrive.ts'
import { setAside } from './operations/delivery/set-aside.ts'
import { deliveryStatus } from './operations/delivery/status.ts'
import { createLoggingConfiguration } from './operations/logging-configuration/create.ts'
import { deleteLoggingConfiguration } from './operations/logging-configuration/delete.ts'
import { getLoggingConfiguration } from './operations/logging-configuration/get.ts'
import { listLoggingConfigurations } from './operations/logging-configuration/list.ts'
import { updateLoggingConfiguration } from './operations/logging-configuration/update.ts'
import { perform } from './operations/perform.ts'
import { createRoom } from './operations/room/create.ts'
import { deleteRoom } from './operations/room/delete.ts'
import { getRoom } from './operations/room/get.ts'
import { listRooms } from './operations/room/list.ts'
import { updateRoom } from './operations/room/update.ts'
import { addTags } from './operations/tags/add.ts'
import { listTags } from './operations/tags/list.ts'
import { removeTags } from './operations/tags/remove.ts'
import type { Caller, OperationName, Operations } from './operations.ts'

/** The operations as front doors use them, working with these services. */
export function bindOperations(services: Services): Operations {
  const bind =
    <I, O>(operation: (ctx: Context, input: I) => Promise<Result<O>>) =>
    ({ accountId, scopes, signal }: Caller, input: I) =>
      // By name: a second spread takes V8's slow path, on every call.
      perform(services.log, () => operation({ ...services, accountId, scopes, signal }, input))
  return {
    identify: (authorization) => {
      const found = services.authenticator.authenticate(authorization)
      return 'answer' in found ? { ...found, answer: perform(services.log, () => found.answer) } : found
    },
    admit: (name, caller) => admit(services, name, caller),
    room: {
      create: bind(createRoom),
      get: bind(getRoom),
      list: bind(listRooms),
      update: bind(updateRoom),
      delete: bind(deleteRoom),
    },
    loggingConfiguration: {
      create: bind(createLoggingConfiguration),
      get: bind(getLoggingConfiguration),
      list: bind(listLoggingConfigurations),
      update: bind(updateLoggingConfiguration),
      delete: bind(deleteLoggingConfiguration),
    },
    chat: {
      sendMessage: bind(sendMessage),
      sendMessages: bind(sendMessages),
      sendEvent: bind(sendEvent),
      deleteMessage: bind(deleteMessage),
      disconnectUser: bind(disconnectUser),
    },
    tags: { list: bind(listTags), add: bind(addTags), remove: bind(removeTags) },
    accessKey: { create: bind(createAccessKey), list: bind(listAccessKeys), revoke: bind(revokeAccessKey) },
    delivery: {
      status: bind(deliveryStatus),
      deadLetters: bind(listDeadLetters),
      redrive: bind(redriveDeadLetters),
      discardDeadLetters: bind(discardDeadLetters),
      setAside: bind(setAside),
    },
  }
}

type Rule = { readonly scope: AccessKeyScope; readonly rate: RateName | undefined }

const RULES: Readonly<Record<OperationName, Rule>> = {
  'room.create': { scope: 'admin', rate: 'CREATE_ROOM' },
  'room.get': { scope: 'admin', rate: 'GET_ROOM' },
  'room.list': { scope: 'admin', rate: 'LIST_ROOMS' },
  'room.update': { scope: 'admin', rate: 'UPDATE_ROOM' },
  'room.delete': { scope: 'admin', rate: 'DELETE_ROOM' },
  'loggingConfiguration.create': { scope: 'admin', rate: 'CREATE_LOGGING_CONFIGURATION' },
  'loggingConfiguration.get': { scope: 'admin', rate: 'GET_LOGGING_CONFIGURATION' },
  'loggingConfiguration.list': { scope: 'admin', rate: 'LIST_LOGGING_CONFIGURATIONS' },
  'loggingConfiguration.update': { scope: 'admin', rate: 'UPDATE_LOGGING_CONFIGURATION' },
  'loggingConfiguration.delete': { scope: 'admin', rate: 'DELETE_LOGGING_CONFIGURATION' },
  // Messages are counted one by one, together with their room's own rate.
  'chat.sendMessage': { scope: 'chat', rate: undefined },
  'chat.sendMessages': { scope: 'chat', rate: undefined },
  'chat.sendEvent': { scope: 'chat', rate: 'SEND_EVENT' },
  'chat.deleteMessage': { scope: 'chat', rate: 'DELETE_MESSAGE' },
  'chat.disconnectUser': { scope: 'chat', rate: 'DISCONNECT_USER' },
  'tags.list': { scope: 'admin', rate: 'LIST_TAGS' },
  'tags.add': { scope: 'admin', rate: 'ADD_TAGS' },
  'tags.remove': { scope: 'admin', rate: 'REMOVE_TAGS' },
  'accessKey.create': { scope: 'admin', rate: 'CREATE_ACCESS_KEY' },
  'accessKey.list': { scope: 'admin', rate: 'LIST_ACCESS_KEYS' },
  'accessKey.revoke': { scope: 'admin', rate: 'REVOKE_ACCESS_KEY' },
  'delivery.status': { scope: 'admin', rate: 'DELIVERY_STATUS' },
  'delivery.setAside': { scope: 'admin', rate: 'SET_ASIDE' },
  'delivery.deadLetters': { scope: 'admin', rate: 'LIST_DEAD_LETTERS' },
  'delivery.redrive': { scope: 'admin', rate: 'REDRIVE_DEAD_LETTERS' },
  'delivery.discardDeadLetters': { scope: 'admin', rate: 'DISCARD_DEAD_LETTERS' },
}

function admit(services: Services, name: OperationName, caller: Caller): Result<Caller> {
  const { scope, rate } = RULES[name]
  const allowed = checkScope(caller, scope)
  if (!allowed.ok) return allowed
  if (rate !== undefined) {
    const throttled = throttle(services, caller.accountId, rate)
    if (!throttled.ok) return throttled
  }
  return ok(caller)
}
