import type { FastifyInstance } from 'fastify'

/** Answers what is wrong. */
export type ReadyCheck = () => Promise<string | undefined>

/**
 * `/healthz`: the process lives. `/readyz`: it can do its work, or says why not. Neither wants a key. What `checks` find
 * keeps traffic away; what `notices` find is only said, because another process would be no better.
 */
export function serveHealth(
  server: FastifyInstance,
  { checks, notices }: { readonly checks: readonly ReadyCheck[]; readonly notices: readonly ReadyCheck[] },
): void {
  server.get('/healthz', async () => ({ status: 'ok' }))
  server.get('/readyz', async (_request, reply) => {
    const [reasons, warnings] = await Promise.all([answersOf(checks), answersOf(notices)])
    const also = warnings.length === 0 ? {} : { warnings }
    if (reasons.length === 0) return { status: 'ready', ...also }
    return reply.code(503).send({ status: 'not ready', reasons, ...also })
  })
}

async function answersOf(checks: readonly ReadyCheck[]): Promise<readonly string[]> {
  const answers = await Promise.all(checks.map((check) => check()))
  return answers.filter((answer) => answer !== undefined)
}
