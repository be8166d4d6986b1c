import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Replaces a small file, all or nothing. */
export async function replaceFile(path: string, text: string, fsync: boolean): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}%new`
  const file = await open(temporary, 'w')
  try {
    await file.writeFile(text)
    if (fsync) await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

/** The file's text, or `undefined` when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}

/** The system's code of a failed call (`ENOENT`), if it has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
