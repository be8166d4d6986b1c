import { execFile } from 'node:child_process'
import { delimiter, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { testPostgres } from '@roomlog/embedded-postgres'
import { expect, test } from 'vitest'
import { migrate } from './migrate.ts'

const packageFolder = fileURLToPath(new URL('..', import.meta.url))
const cli = fileURLToPath(new URL('../node_modules/prisma/build/index.js', import.meta.url))

test('schema.prisma says what the migrations make, and Prisma Migrate accepts our history', async () => {
  const postgres = await testPostgres({ prepare: (url) => migrate({ url }) })
  const database = await postgres.createDatabase()
  const prisma = (...args: string[]) =>
    promisify(execFile)(process.execPath, [cli, 'migrate', ...args], {
      cwd: packageFolder,
      // The engine is started as a program, by the first `node` that is found.
      env: { PATH: [dirname(process.execPath), process.env.PATH].join(delimiter), DATABASE_URL: database.url },
    })
  try {
    // Exits 2 when there is a difference.
    const diff = await prisma('diff', '--from-config-datasource', '--to-schema', 'schema.prisma', '--exit-code')
    expect(diff.stdout).toContain('No difference detected')
    const status = await prisma('status')
    expect(status.stdout).toContain('Database schema is up to date')
  } finally {
    await database.drop()
  }
})
