import { createReadStream, existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { Failure, reasonOf } from '../failure.ts'
import { type ChatRequest, FileRequest } from './request.ts'

/** The file as the caller named it, from wherever the command was typed. */
export function findFile(name: string, from: readonly string[]): string {
  const paths = from.map((folder) => resolve(folder, name))
  const found = paths.find((path) => existsSync(path) && statSync(path).isFile())
  if (found === undefined) throw new Failure(`There is no file ${paths[0]}.`, 2)
  return found
}

/** The requests of an NDJSON file, gzipped if its name ends in `.gz`, in their order, read as they are asked for. */
export async function* readRequests(path: string, limit: number | undefined): AsyncGenerator<ChatRequest> {
  const file = createReadStream(path)
  const input = path.endsWith('.gz') ? file.pipe(createGunzip()) : file
  // A pipe does not hand errors on, and a reader that stops early leaves the file open.
  file.on('error', (error) => input.destroy(error))
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
  let number = 0
  let taken = 0
  try {
    for await (const line of lines) {
      number += 1
      if (line.trim() === '') continue
      if (limit !== undefined && taken >= limit) return
      taken += 1
      yield parse(line, path, number)
    }
  } catch (cause) {
    if (cause instanceof Failure) throw cause
    throw new Failure(`Cannot read ${path}: ${reasonOf(cause)}`, 2, { cause })
  } finally {
    lines.close()
    file.destroy()
  }
}

function parse(line: string, path: string, number: number): ChatRequest {
  try {
    return FileRequest.parse(JSON.parse(line))
  } catch (cause) {
    throw new Failure(`${path}, line ${number} is not a request: ${reasonOf(cause)}`, 2, { cause })
  }
}
