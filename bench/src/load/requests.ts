import { createConversation } from '../generator/conversation.ts'
import { createRandom } from '../generator/random.ts'
import { requestIdOf } from '../generator/records.ts'
import { createZipf } from '../generator/zipf.ts'

const ROOM_EXPONENT = 0.9

/** The whole bytes of HTTP requests that send messages to the api: `chat.sendMessage`, or `chat.sendMessages` of `perCall`. */
export function buildRequests(options: {
  readonly seed: number
  readonly count: number
  /** 1 is `chat.sendMessage`. */
  readonly perCall: number
  readonly roomArns: readonly string[]
  readonly authorization: string
  readonly host: string
}): Buffer[] {
  const random = createRandom(options.seed)
  const conversation = createConversation(random)
  const drawRoom = createZipf(options.roomArns.length, ROOM_EXPONENT, random)
  const message = () => {
    const { content, sender, attributes } = conversation.next()
    const requestId = random() < 0.75 ? { requestId: requestIdOf(random) } : {}
    return { roomIdentifier: options.roomArns[drawRoom()], sender, content, attributes, ...requestId }
  }
  return Array.from({ length: options.count }, () => {
    const isSingle = options.perCall === 1
    const input = isSingle ? message() : { messages: Array.from({ length: options.perCall }, message) }
    const body = Buffer.from(JSON.stringify(input))
    const head =
      `POST /trpc/chat.${isSingle ? 'sendMessage' : 'sendMessages'} HTTP/1.1\r\nhost: ${options.host}\r\n` +
      `authorization: ${options.authorization}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
    return Buffer.concat([Buffer.from(head), body])
  })
}
