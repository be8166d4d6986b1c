import { jsonSizeFault, type RoomlogError, SEND_MESSAGES_MAX, validationException } from '@roomlog/domain'

/**
 * Why a body must not be parsed, if so; `path` names its calls. JSON.parse works on 8 MiB of `[{},{},…]` for half a second,
 * in which nobody else is answered.
 */
export function bodyFault(body: Uint8Array, path: string): RoomlogError | undefined {
  const fault = jsonSizeFault(body, { itemsMax: path.includes('chat.sendMessages') ? SEND_MESSAGES_MAX : 1 })
  return fault === undefined ? undefined : validationException(`The body is not what any operation takes: ${fault}`)
}
