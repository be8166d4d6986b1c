export { connect } from './connect.ts'
export * from './generated/client.ts'
export { createPool, isDatabaseUrl, type PoolOptions, SCHEMA } from './pool.ts'
export { createSecretBox, type SecretBox } from './secret-box.ts'
