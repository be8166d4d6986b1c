import { OPERATION_NAMES, type OperationName } from '@roomlog/domain'
import type { Operation } from './operation.ts'

/** This file's own ending: sources in tests, their compiled form elsewhere. */
const ENDING = import.meta.url.slice(import.meta.url.lastIndexOf('.'))

/**
 * Every operation of the contract, each from the file that its name says: `room.create` is the default export of
 * `operations/room/create.ts`. So an operation is added by its entry in the contract and its file, and by nothing else.
 */
export async function loadOperations(): Promise<ReadonlyMap<OperationName, Operation>> {
  const loaded = await Promise.all(OPERATION_NAMES.map(async (name) => [name, await load(name)] as const))
  return new Map(loaded)
}

async function load(name: OperationName): Promise<Operation> {
  const path = `./operations/${name.replace('.', '/').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}${ENDING}`
  const module: { readonly default?: unknown } = await import(new URL(path, import.meta.url).href)
  if (!isOperation(module.default) || module.default.name !== name) {
    throw new Error(`${path} must export by default what operation('${name}', …) returns`)
  }
  return module.default
}

function isOperation(value: unknown): value is Operation {
  return typeof value === 'object' && value !== null && 'name' in value && 'perform' in value
}
