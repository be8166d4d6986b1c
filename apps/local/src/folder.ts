import { access, chmod, constants, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure, reasonOf } from './failure.ts'

/** Where a system keeps its things. */
export type Folder = {
  readonly path: string
  readonly postgres: string
  readonly aws: string
  readonly logs: string
  readonly credentials: string
  readonly secrets: string
  /** Key of the stand-in for AWS. */
  readonly standIn: string
  /** Options for curl: the header with the access key. */
  readonly curl: string
  readonly lock: string
}

/** Makes the folder where it is missing, or says why it cannot be used. */
export async function openFolder(path: string): Promise<Folder> {
  const folder = foldersIn(path)
  try {
    // Others may pass through (Postgres runs as `nobody` when we are root), not look; what is inside is closed by itself.
    await mkdir(path, { recursive: true, mode: 0o711 })
    await mkdir(folder.aws, { recursive: true, mode: 0o700 })
    await mkdir(folder.logs, { recursive: true, mode: 0o700 })
    await access(path, constants.W_OK | constants.X_OK)
    const probe = join(path, `.probe-${process.pid}`)
    await writeFile(probe, '')
    await rm(probe)
  } catch (cause) {
    throw new Failure(
      `Cannot write to the data folder ${path}: ${reasonOf(cause)}.\nMake it a folder that you can write to, or move it away to start with an empty one.`,
      1,
      { cause },
    )
  }
  return folder
}

/** Lets Postgres pass through a folder that was made for its owner alone. */
export async function letPass(path: string): Promise<void> {
  await chmod(path, 0o711)
}

function foldersIn(path: string): Folder {
  return {
    path,
    postgres: join(path, 'postgres'),
    aws: join(path, 'aws'),
    logs: join(path, 'logs'),
    credentials: join(path, 'credentials.json'),
    secrets: join(path, 'secrets.json'),
    standIn: join(path, 'stand-in.json'),
    curl: join(path, 'curl.conf'),
    lock: join(path, 'start.lock'),
  }
}
