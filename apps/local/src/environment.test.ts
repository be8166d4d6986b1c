import { expect, test } from 'vitest'
import { readEnvironment } from './env.ts'
import { appEnvironment, baseEnvironment, forgetForeign, settingsFrom } from './environment.ts'

const foreign = {
  PATH: '/bin',
  HOME: '/home/ann',
  DATABASE_URL: 'postgresql://somebody-elses/db',
  PGHOST: 'somebody-elses',
  AWS_PROFILE: 'production',
  AWS_ENDPOINT_URL: 'https://somebody-elses',
  NODE_OPTIONS: '--inspect',
  ROOMLOG_S3_FLUSH_SECONDS: '5',
  ROOMLOG_DATABASE_URL: 'postgresql://mine/db',
}
const credentials = { accessKeyId: 'RL1', secretAccessKey: 's', accountId: '000000000000', region: 'us-east-1' }
const options = {
  base: baseEnvironment(foreign),
  settings: settingsFrom(foreign),
  port: 3000,
  databaseUrl: 'postgresql://postgres:x@127.0.0.1:5433/roomlog',
  credentials,
  secrets: { encryptionKey: 'a2V5', standInKey: { accessKeyId: 'LOCAL', secretAccessKey: 'stand-in' } },
}

test('nothing of another project reaches api or writer', () => {
  const env = appEnvironment({ ...options, destinations: { kind: 'stand-in', url: 'http://127.0.0.1:4566' } })
  expect(JSON.stringify(env)).not.toMatch(/somebody-elses|production|inspect/)
  expect(env).toMatchObject({
    PATH: '/bin',
    DATABASE_URL: options.databaseUrl,
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    ROOMLOG_S3_FLUSH_SECONDS: '5',
  })
  expect(env.ROOMLOG_DATABASE_URL).toBeUndefined()
})

test('whoever asks for AWS gets the variables of AWS, and only those', () => {
  const env = appEnvironment({ ...options, destinations: { kind: 'aws', env: { AWS_PROFILE: 'production' } } })
  expect(env.AWS_PROFILE).toBe('production')
  expect(env.AWS_ENDPOINT_URL).toBeUndefined()
  expect(env.DATABASE_URL).toBe(options.databaseUrl)
})

test('this process forgets them too: libraries read the environment on their own', () => {
  const env: NodeJS.ProcessEnv = { ...foreign }
  forgetForeign(env)
  expect(Object.values(env).join()).not.toMatch(/somebody-elses|production/)
})

test('every wrong variable is named at once', () => {
  const wrong = { ROOMLOG_API_PORT: 'http', ROOMLOG_ACCOUNT_ID: '12', ROOMLOG_WRITER_PORT: '' }
  expect(() => readEnvironment(wrong)).toThrow(/ROOMLOG_API_PORT.*\n.*ROOMLOG_ACCOUNT_ID/)
  expect(readEnvironment({}).ROOMLOG_WRITER_PORT).toBe(3001)
})
