import { z } from 'zod'

const Attributes = z.record(z.string(), z.string())

/** One line of a file of requests. Members that we have no use for (`time`, say) are left alone. */
export const FileRequest = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('message'),
    room: z.string().min(1),
    sender: z.string(),
    content: z.string(),
    attributes: Attributes.optional(),
  }),
  z.object({
    type: z.literal('event'),
    room: z.string().min(1),
    eventName: z.string(),
    attributes: Attributes.optional(),
  }),
])

/** A request to send; a deletion is of the room's latest message before it. */
export type ChatRequest =
  | z.infer<typeof FileRequest>
  | { readonly type: 'deletion'; readonly room: string; readonly reason: string }

export type MessageRequest = Extract<ChatRequest, { readonly type: 'message' }>
