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
const Secrets = z.object({ encryptionKey: z.string().min(1) })

/** The access key of the local system: what a caller sends as `Bearer <accessKeyId>.<secretAccessKey>`. */
export type Credentials = z.infer<typeof Credentials>
export type Secrets = z.infer<typeof Secrets>

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

/** What the folder's database is encrypted with, made once. */
export function openSecrets(folder: Folder, randomBytes: RandomBytes): Promise<Secrets> {
  return openFile(folder.secrets, Secrets, () => ({ encryptionKey: randomBytes(32).toString('base64') }))
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
