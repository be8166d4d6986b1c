export type { CallRecord, CallStats } from './calls.ts'
export type { Fault, FaultControl, FaultState } from './faults.ts'
export { type LocalAws, type LocalAwsOptions, startLocalAws } from './start.ts'
