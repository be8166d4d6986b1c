import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './copy.ts'
import type { Mutation } from './mutation.ts'

/** What is wrong with the list: every text must be found exactly once in the sources as they are now. */
export function faultsOf(mutations: readonly Mutation[]): readonly string[] {
  const twice = mutations.filter(({ name }, at) => mutations.findIndex((other) => other.name === name) !== at)
  return [...twice.map(({ name }) => `${name}: two mutations have this name`), ...mutations.flatMap(faultsIn)]
}

/** The text with the bug in it. */
export function mutated({ name, file, find, put }: Mutation, text: string): string {
  const times = text.split(find).length - 1
  if (times !== 1) throw new Error(`${name}: its text is in ${file} ${times} times, not once`)
  return text.replace(find, () => put)
}

function faultsIn(mutation: Mutation): readonly string[] {
  const { name, file, find, put, suites } = mutation
  const missing = [file, ...suites.map((suite) => suite.file)].filter((path) => !existsSync(join(ROOT, path)))
  if (missing.length > 0) return missing.map((path) => `${name}: ${path} does not exist`)
  if (find === put) return [`${name}: changes nothing`]
  try {
    mutated(mutation, readFileSync(join(ROOT, file), 'utf8'))
    return []
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}
