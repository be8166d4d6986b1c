import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export type ConnectionLimits = {
  readonly connectionsMax: number
  /** How long a client may leave an answer unread. */
  readonly unreadAnswerMs: number
}

export type Connections = {
  /** Looks after the connections of one listening server. */
  watch(server: Server): void
  /** `tooMany`: it gets the connection's last answer. `ignored`: it stands behind that one, and gets none. */
  begin(request: IncomingMessage, response: ServerResponse): 'taken' | 'tooMany' | 'ignored'
  /** Whether an answer may be written past HTTP: a request that was taken must not be answered by another's refusal. */
  isUnanswered(socket: Socket): boolean
  /** Half-closes the connection, and drops what still arrives for a while, so that its last answer can be read. */
  end(socket: Socket): void
  /** Closes what has no request in flight, also what has never had one: Node counts that as busy until it is late. */
  closeResting(): void
}

/** Requests that a connection may have in flight, its unread answers among them. */
export const PIPELINED_MAX = 8
/** Read and dropped from a connection that has had its last answer. */
const DROPPED_BYTES_MAX = 256 * 1024
const DROPPING_MS = 1_000
/** Looks that a socket is given to move; each after a part of the time. */
const LOOKS = 5

type Connection = {
  inFlight: number
  /** The request that came last. */
  last: { readonly request: IncomingMessage; readonly response: ServerResponse } | undefined
  /** Nothing that arrives is parsed any more. */
  deaf: boolean
  unread: number
  looksWithoutMove: number
}

/**
 * What one client can do to the others by its connections alone is bounded here: how many there are (those that rest
 * longest go when there are too many), how many requests are in flight on one, how long an answer may stay unread, and
 * what is read after the last answer.
 */
export function createConnections({ connectionsMax, unreadAnswerMs }: ConnectionLimits): Connections {
  const connections = new Map<Socket, Connection>()
  /** Without a request in flight; the one that has rested longest comes first. */
  const resting = new Set<Socket>()

  function accept(socket: Socket): void {
    // Before there are as many as are taken: the next one would find no place, and be closed unheard.
    if (connections.size + 1 >= connectionsMax) closeLongestResting()
    connections.set(socket, { inFlight: 0, last: undefined, deaf: false, unread: 0, looksWithoutMove: 0 })
    resting.add(socket)
    socket.once('close', () => forget(socket))
    // What Node calls after an answer with `connection: close`. Closed with bytes unread, TCP resets the connection, and
    // the client may lose an answer that it has not read yet.
    socket.destroySoon = () => end(socket)
  }

  function forget(socket: Socket): void {
    connections.delete(socket)
    resting.delete(socket)
  }

  function closeLongestResting(): void {
    for (const socket of resting) {
      forget(socket)
      socket.destroy()
      return
    }
  }

  function end(socket: Socket): void {
    const connection = connections.get(socket)
    if (connection === undefined || socket.destroyed || socket.writableEnded) return
    drop(socket, connection)
    socket.end()
    const timer = setTimeout(() => socket.destroy(), DROPPING_MS)
    socket.once('close', () => clearTimeout(timer))
  }

  /** Takes the socket from the parser: what arrives from now on is counted and dropped. */
  function drop(socket: Socket, connection: Connection): void {
    if (connection.deaf) return
    connection.deaf = true
    const readBefore = socket.bytesRead
    socket.removeAllListeners('data')
    socket.on('data', () => {
      if (socket.bytesRead - readBefore > DROPPED_BYTES_MAX) socket.destroy()
    })
    socket.resume()
  }

  function finish(socket: Socket, connection: Connection, request: IncomingMessage): void {
    connection.inFlight -= 1
    if (socket.destroyed) return
    // Answered before its body had arrived: nobody knows where the next request begins.
    if (!request.complete) end(socket)
    if (connection.inFlight === 0 && connections.has(socket)) resting.add(socket)
  }

  function closeUnread(): void {
    for (const [socket, connection] of connections) {
      if (connection.inFlight === 0) continue
      const unread = socket.writableLength
      const moves = unread === 0 || unread !== connection.unread
      connection.unread = unread
      connection.looksWithoutMove = moves ? 0 : connection.looksWithoutMove + 1
      if (connection.looksWithoutMove >= LOOKS) socket.destroy()
    }
  }

  return {
    watch(server) {
      // Where nothing rests, more are not taken at all.
      server.maxConnections = connectionsMax
      server.on('connection', accept)
      const looking = setInterval(closeUnread, unreadAnswerMs / LOOKS).unref()
      server.once('close', () => clearInterval(looking))
    },

    begin(request, response) {
      const { socket } = request
      const connection = connections.get(socket)
      // A request behind the last answer, out of bytes that were parsed before.
      if (connection === undefined || connection.deaf) return 'ignored'
      resting.delete(socket)
      connection.inFlight += 1
      connection.last = { request, response }
      response.once('close', () => finish(socket, connection, request))
      if (connection.inFlight <= PIPELINED_MAX) return 'taken'
      drop(socket, connection)
      return 'tooMany'
    },

    isUnanswered(socket) {
      const connection = connections.get(socket)
      if (connection === undefined || connection.inFlight === 0) return true
      const { inFlight, last } = connection
      return inFlight === 1 && last !== undefined && !last.request.complete && !last.response.headersSent
    },

    end,

    closeResting() {
      for (const socket of resting) socket.destroy()
    },
  }
}
