#!/usr/bin/env node
import { z } from 'zod'
import { isProduction } from './env.ts'
import { startLocalAws } from './start.ts'

const Environment = z
  .object({
    PORT: z.coerce.number().int().min(0).max(65_535).default(4566),
    HOST: z.string().default('127.0.0.1'),
    LOCAL_AWS_DATA: z.string().min(1),
    LOCAL_AWS_ACCESS_KEY_ID: z.string().min(1).optional(),
    LOCAL_AWS_SECRET_ACCESS_KEY: z.string().min(1).optional(),
    LOCAL_AWS_FSYNC: z.enum(['on', 'off']).default('on'),
    AWS_REGION: z.string().min(1).default('us-east-1'),
  })
  .refine((env) => env.LOCAL_AWS_ACCESS_KEY_ID === undefined || env.LOCAL_AWS_SECRET_ACCESS_KEY !== undefined, {
    message: 'LOCAL_AWS_ACCESS_KEY_ID needs LOCAL_AWS_SECRET_ACCESS_KEY',
  })

await main()

async function main() {
  const parsed = Environment.safeParse(process.env)
  if (!parsed.success) return fail(2, `These variables are not right:\n${z.prettifyError(parsed.error)}`)
  if (isProduction()) return fail(2, 'The local stand-in for AWS must not run with NODE_ENV=production.')
  const env = parsed.data
  const { LOCAL_AWS_ACCESS_KEY_ID: accessKeyId, LOCAL_AWS_SECRET_ACCESS_KEY: secretAccessKey } = env
  try {
    const aws = await startLocalAws({
      dataDir: env.LOCAL_AWS_DATA,
      port: env.PORT,
      host: env.HOST,
      region: env.AWS_REGION,
      fsync: env.LOCAL_AWS_FSYNC === 'on',
      ...(secretAccessKey === undefined ? {} : { credentials: { accessKeyId, secretAccessKey } }),
      onError: (error) =>
        process.stderr.write(`${JSON.stringify({ event: 'localAws.error', error: String(error) })}\n`),
    })
    process.stdout.write(`${JSON.stringify({ event: 'localAws.ready', url: aws.url, port: aws.port })}\n`)
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => void aws.close().then(() => process.exit(0)))
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    if (taken) return fail(1, `Port ${env.PORT} on ${env.HOST} is taken. Set PORT to another one.`)
    fail(error instanceof Error && error.message.includes('loopback') ? 2 : 1, String(error))
  }
}

function fail(code: number, message: string) {
  process.stderr.write(`${message}\n`)
  process.exitCode = code
}
