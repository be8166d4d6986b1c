import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readIfThere } from '../durable-file.ts'
import { nameAt } from '../file-name.ts'
import type { ObjectFiles } from './object-files.ts'
import { infoFromFile, ObjectInfo } from './object-info.ts'

/** The sidecar of a replacement, until the replacement is through. */
export const ReplacementInfo = ObjectInfo.extend({ bucket: z.string() })
export type ReplacementInfo = z.infer<typeof ReplacementInfo>

/**
 * Clears the staging folder. A process that died between an object's replacement and that of its sidecar left the new
 * sidecar there: when it describes the object that lies under the key, it is put in its place.
 */
export async function finishReplacements(files: ObjectFiles): Promise<void> {
  for (const name of await readdir(files.staging)) {
    const path = join(files.staging, name)
    const left = name.endsWith('.json') ? ReplacementInfo.safeParse(parsed(await readIfThere(path))).data : undefined
    const found = left === undefined ? undefined : files.locate(left.bucket, left.key).found
    if (left !== undefined && found !== undefined && (await infoFromFile(left.key, found)).etag === left.etag) {
      await rename(path, files.sidecar(left.bucket, left.key))
    }
    await rm(path, { force: true })
  }
}

/** Every key of a bucket, from its folder. */
export async function* keysOnDisk(folder: string): AsyncGenerator<string> {
  const folders = ['']
  while (true) {
    const at = folders.pop()
    if (at === undefined) return
    for (const entry of await readdir(join(folder, at), { withFileTypes: true })) {
      const path = at === '' ? entry.name : `${at}/${entry.name}`
      if (entry.isDirectory()) folders.push(path)
      else yield* keyOf(path)
    }
  }
}

function keyOf(path: string): string[] {
  try {
    return [nameAt(/[^/]%$/.test(path) ? path.slice(0, -1) : path)]
  } catch {
    // Not a name of ours: a file that a person put there.
    return []
  }
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
