import type { z } from 'zod'
import { accessKeyOperations } from './access-key.ts'
import { chatOperations } from './chat.ts'
import { deliveryOperations } from './delivery.ts'
import { loggingConfigurationOperations } from './logging-configuration.ts'
import { roomOperations } from './room.ts'
import { tagsOperations } from './tags.ts'

/**
 * Every operation of Roomlog, once: `group.verb` to its entry, which stands beside its schemas. The api implements
 * `apps/api/src/operations/<group>/<verb>.ts` for each; whatever else is to be known of an operation follows from here.
 */
export const CONTRACT = {
  ...roomOperations,
  ...loggingConfigurationOperations,
  ...chatOperations,
  ...tagsOperations,
  ...accessKeyOperations,
  ...deliveryOperations,
}

export type Contract = typeof CONTRACT
export type OperationName = keyof Contract
/** What an operation works with: its input, checked. */
export type InputOf<N extends OperationName> = z.output<Contract[N]['input']>
/** What an operation answers. */
export type OutputOf<N extends OperationName> = z.output<Contract[N]['output']>

export function isOperationName(name: string): name is OperationName {
  return Object.hasOwn(CONTRACT, name)
}

export const OPERATION_NAMES: readonly OperationName[] = Object.keys(CONTRACT).filter(isOperationName)
/** Of all callers together: look-ups of access keys that a process has not found good before. */
export const UNKNOWN_KEYS_RATE = { name: 'UNKNOWN_KEYS', perSecond: 100 } as const

/** Each is the end of a variable `ROOMLOG_RATE_<name>`; operations that share a name share the rate. */
export type RateName = Contract[OperationName]['rate']['name'] | (typeof UNKNOWN_KEYS_RATE)['name']
export const RATE_NAMES: readonly RateName[] = [
  ...new Set([...OPERATION_NAMES.map((name) => CONTRACT[name].rate.name), UNKNOWN_KEYS_RATE.name]),
]
