/** What of an SDK command is needed to give it a body. */
type Command = {
  readonly middlewareStack: {
    add(
      middleware: <A extends { request: unknown }, R>(next: (args: A) => R) => (args: A) => R,
      options: { readonly step: 'build'; readonly priority: 'high'; readonly name: string },
    ): void
  }
}

/**
 * The command with a body made from record bytes, in place of what the SDK's serialiser made of its input: that would take
 * several times the CPU of everything else in a call. It comes before the SDK measures and signs the body.
 */
export function withBody<C extends Command>(command: C, body: Uint8Array): C {
  command.middlewareStack.add(
    (next) => (args) => {
      const { request } = args
      if (typeof request !== 'object' || request === null || !('body' in request)) {
        throw new TypeError('the SDK built no HTTP request')
      }
      request.body = body
      return next(args)
    },
    { step: 'build', priority: 'high', name: 'recordBytesMiddleware' },
  )
  return command
}
