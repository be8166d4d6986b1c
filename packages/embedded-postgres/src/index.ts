export { EmbeddedPostgresError, type EmbeddedPostgresErrorCode } from './error.ts'
export { type FailoverPair, startFailoverPair } from './failover.ts'
export { type Postgres, type PostgresOptions, startPostgres } from './start.ts'
export { type TestDatabase, type TestPostgres, testPostgres } from './test-postgres.ts'
