export { takeBatch } from './batch.ts'
export { classify, type Verdict } from './classify.ts'
export type * from './port.ts'
