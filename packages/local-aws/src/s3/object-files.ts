import { statSync } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codeOf } from '../durable-file.ts'
import { pathOf } from '../file-name.ts'

/**
 * Where objects and their sidecars lie: `s3/<bucket>/<key>` and `s3-metadata/<bucket>/objects/<key>%.json`.
 * A key that is also a folder (`a` beside `a/b`) lies in a file whose name ends in a bare `%`.
 */
export type ObjectFiles = {
  readonly buckets: string
  /** For temporary files, on the same file system. */
  readonly staging: string
  bucket(bucket: string): string
  bucketInfo(bucket: string): string
  sidecar(bucket: string, key: string): string
  /** The object's file, and where to put it when there is none. */
  locate(bucket: string, key: string): { found: string | undefined; free: string }
  /** Runs `write` with the folders of the key in place. */
  withFolder(bucket: string, key: string, write: () => Promise<void>): Promise<void>
}

export async function objectFiles(dataDir: string): Promise<ObjectFiles> {
  const objects = join(dataDir, 's3')
  const metadata = join(dataDir, 's3-metadata')
  const staging = join(metadata, '.staging')
  await mkdir(objects, { recursive: true })
  await mkdir(staging, { recursive: true })
  // Making a folder that is there costs a call for each of its parents.
  const known = new Set<string>()

  const files: ObjectFiles = {
    buckets: objects,
    staging,
    bucket: (bucket) => join(objects, bucket),
    bucketInfo: (bucket) => join(metadata, bucket, 'bucket.json'),
    sidecar: (bucket, key) => join(metadata, bucket, 'objects', `${pathOf(key)}%.json`),
    locate(bucket, key) {
      const path = join(objects, bucket, pathOf(key))
      const kind = kindOf(path)
      if (kind === 'file') return { found: path, free: path }
      const aside = `${path}%`
      const found = kindOf(aside) === 'file' ? aside : undefined
      return { found, free: kind === 'folder' ? aside : path }
    },
    async withFolder(bucket, key, write) {
      const folders = [dirname(join(objects, bucket, pathOf(key))), dirname(files.sidecar(bucket, key))]
      if (!folders.every((folder) => known.has(folder))) await make(folders)
      try {
        await write()
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error
        await make(folders)
        await write()
      }
    },
  }
  return files

  async function make(folders: readonly string[]) {
    if (known.size > KNOWN_MAX) known.clear()
    for (const folder of folders) {
      await makeFolder(folder)
      known.add(folder)
    }
  }

  async function makeFolder(folder: string): Promise<void> {
    try {
      await mkdir(folder, { recursive: true })
    } catch (error) {
      const inTheWay = codeOf(error) === 'ENOTDIR' || codeOf(error) === 'EEXIST' ? fileAbove(folder) : undefined
      if (inTheWay === undefined) throw error
      await rename(inTheWay, `${inTheWay}%`)
      await makeFolder(folder)
    }
  }

  function fileAbove(folder: string): string | undefined {
    for (let path = folder; path.length > objects.length && path !== dirname(path); path = dirname(path)) {
      if (kindOf(path) === 'file') return path
    }
    return undefined
  }
}

const KNOWN_MAX = 10_000

function kindOf(path: string): 'file' | 'folder' | 'none' {
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    return found === undefined ? 'none' : found.isDirectory() ? 'folder' : 'file'
  } catch (error) {
    // A part of the path is a file.
    if (codeOf(error) === 'ENOTDIR') return 'none'
    throw error
  }
}
