import { PrismaPg } from '@prisma/adapter-pg'
import { SCHEMA } from './connection-url.ts'
import { PrismaClient } from './generated/client.ts'
import { createPool, type PoolOptions } from './pool.ts'

/** The typed client of the schema `roomlog`. Raw SQL finds the tables unqualified. `$disconnect()` ends its connections. */
export function connect(url: string, options: Partial<Omit<PoolOptions, 'url'>> = {}): PrismaClient {
  const pool = createPool({ max: 10, applicationName: 'roomlog', ...options, url })
  return new PrismaClient({ adapter: new PrismaPg(pool, { schema: SCHEMA, disposeExternalPool: true }) })
}
