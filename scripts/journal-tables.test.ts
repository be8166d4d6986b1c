import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')

// By name, and as Prisma has them.
const TABLES = /\b(journal_(batch|key|lane|partition|progress|set_aside|writer)|delivery_total|dead_letter)\b/
const MODELS = /\.(journal(Batch|Key|Lane|Partition|Progress|SetAside|Writer)|deliveryTotal|deadLetter)\b/

/** What is built, and what owns the tables. */
const LEFT_OUT = ['node_modules', 'dist', join('packages', 'journal')]

function sourcesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (LEFT_OUT.some((left) => path.endsWith(`/${left}`))) return []
    if (entry.isDirectory()) return sourcesBelow(path)
    return /\.(ts|mjs)$/.test(entry.name) ? [path] : []
  })
}

const sources = ['apps', 'bench', 'packages'].flatMap((folder) => sourcesBelow(join(ROOT, folder)))

test('nobody but the journal, and the migrations, knows its tables', () => {
  expect(sources.length).toBeGreaterThan(300)
  const knowing = sources.filter((path) => {
    const text = readFileSync(path, 'utf8')
    return TABLES.test(text) || MODELS.test(text)
  })
  expect(knowing.map((path) => relative(ROOT, path))).toEqual([])
})
