import type { FastifyInstance } from 'fastify'

/** Something that must hold for the process to take traffic; answers what is wrong. */
export type ReadyCheck = () => Promise<string | undefined>

/** `/healthz`: the process lives. `/readyz`: it can do its work, or says why not. Neither wants a key. */
export function serveHealth(server: FastifyInstance, checks: readonly ReadyCheck[]): void {
  server.get('/healthz', async () => ({ status: 'ok' }))
  server.get('/readyz', async (_request, reply) => {
    const answers = await Promise.all(checks.map((check) => check()))
    const reasons = answers.filter((answer) => answer !== undefined)
    if (reasons.length === 0) return { status: 'ready' }
    return reply.code(503).send({ status: 'not ready', reasons })
  })
}
