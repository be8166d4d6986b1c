type Middleware = <A extends { readonly input: object; readonly request: unknown }, R>(
  next: (args: A) => R,
) => (args: A) => R

type Client = {
  readonly middlewareStack: {
    add(
      middleware: Middleware,
      options: {
        readonly step: 'build'
        readonly priority: 'high'
        readonly name: string
        readonly override: boolean
      },
    ): void
  }
}

/** By the input of their commands. */
const bodies = new WeakMap<object, Uint8Array>()

/**
 * The command with a body made from record bytes, in place of what the SDK's serialiser makes of its input: that would take
 * several times the CPU of everything else in a call. Its client has to `carryBodies`.
 */
export function withBody<C extends { readonly input: object }>(command: C, body: Uint8Array): C {
  bodies.set(command.input, body)
  return command
}

/** Has a client send the bodies of `withBody`; to be called before its first call, and as often as you like. */
export function carryBodies(client: Client): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const { input, request } = args
      const body = bodies.get(input)
      if (body !== undefined) {
        if (typeof request !== 'object' || request === null || !('body' in request)) {
          throw new TypeError('the SDK built no HTTP request')
        }
        request.body = body
      }
      return next(args)
    },
    // Before the SDK measures and signs the body. On the client, not on each command: the SDK can then keep the stack it
    // has sorted (`cacheMiddleware`).
    { step: 'build', priority: 'high', name: 'recordBytesMiddleware', override: true },
  )
}
