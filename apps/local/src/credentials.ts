import { chmod, link, readFile, rm, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { Failure, reasonOf } from './failure.ts'
import type { Folder } from './folder.ts'

const Credentials = z.object({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  accountId: z.string().regex(/^[0-9]{12}$/),
  region: z.string().min(1),
})
const EncryptionKey = z.object({ encryptionKey: z.string().min(1) })
const StandInKey = z.object({ accessKeyId: z.string().min(1), secretAccessKey: z.string().min(1) })
/** Whose requests they are, at the stand-in, which takes any id with its secret. */
const STAND_IN_ID = 'roomlog-local'

/** The access key of the local system: what a caller sends as `Bearer <accessKeyId>.<secretAccessKey>`. */
export type Credentials = z.infer<typeof Credentials>
export type Secrets = z.infer<typeof EncryptionKey> & {
  /** What the stand-in for AWS is called with; it takes no other calls. */
  readonly standInKey: StandInKey
}
export type StandInKey = z.infer<typeof StandInKey>

type RandomBytes = (length: number) => Buffer

/** The credentials of the folder, made once. */
export function openCredentials(
  folder: Folder,
  where: { readonly accountId: string; readonly region: string },
  randomBytes: RandomBytes,
): Promise<Credentials> {
  return openFile(folder.credentials, Credentials, () => ({
    accessKeyId: `RL${randomBytes(9).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
    ...where,
  }))
}

/** What the folder's database is encrypted with, and the key of its stand-in; each made once. */
export async function openSecrets(folder: Folder, randomBytes: RandomBytes): Promise<Secrets> {
  const { encryptionKey } = await openFile(folder.secrets, EncryptionKey, () => ({
    encryptionKey: randomBytes(32).toString('base64'),
  }))
  const standInKey = await openFile(folder.standIn, StandInKey, () => ({
    accessKeyId: STAND_IN_ID,
    secretAccessKey: randomBytes(30).toString('base64url'),
  }))
  return { encryptionKey, standInKey }
}

/** Writes the options that let curl call the api without the secret on its command line; returns the file's path. */
export async function writeCurlOptions(folder: Folder, credentials: Credentials): Promise<string> {
  const token = `${credentials.accessKeyId}.${credentials.secretAccessKey}`
  const lines = [`header = "authorization: Bearer ${token}"`, 'header = "content-type: application/json"', '']
  await writeFile(folder.curl, lines.join('\n'), { mode: 0o600 })
  await chmod(folder.curl, 0o600)
  return folder.curl
}

async function openFile<T>(path: string, schema: z.ZodType<T>, make: () => T): Promise<T> {
  const kept = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new Failure(`Cannot read ${path}: ${error.message}`, 1, { cause: error })
  })
  if (kept === undefined) return create(path, make())
  try {
    return schema.parse(JSON.parse(kept))
  } catch (cause) {
    throw new Failure(
      `${path} is damaged: ${reasonOf(cause)}.\nPut it right, or move the whole data folder away to start with an empty one.`,
      1,
      { cause },
    )
  }
}

// Written aside and linked: the file is whole or not there, whenever we are stopped.
async function create<T>(path: string, value: T): Promise<T> {
  const aside = `${path}.${process.pid}`
  await writeFile(aside, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 })
  await link(aside, path)
  await rm(aside)
  return value
}
