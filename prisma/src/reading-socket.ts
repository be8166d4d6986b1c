import { Socket } from 'node:net'

const READ_BYTES = 256 * 1024

/**
 * A socket that reads into the same memory again and again, where an ordinary one takes fresh memory for each read, which
 * costs more CPU than the reading. What a `data` event hands over holds until the event after the next one: pg copies
 * what is left of a message when the next part of it comes, and makes strings of values at once. (Not so of results that
 * a query asks for in binary, which are views: none of ours does.)
 */
export function createReadingSocket(): Socket {
  const buffers = [Buffer.allocUnsafeSlow(READ_BYTES), Buffer.allocUnsafeSlow(READ_BYTES)] as const
  let turn: 0 | 1 = 0
  const onread = {
    buffer() {
      turn = turn === 0 ? 1 : 0
      return buffers[turn]
    },
    callback(bytes: number, { buffer, byteOffset }: Uint8Array) {
      socket.emit('data', Buffer.from(buffer, byteOffset, bytes))
      return true
    },
  }
  // An option of `net.connect` for its types, and of the socket in fact.
  const options = { onread, allowHalfOpen: false }
  const socket = new Socket(options)
  return socket
}
