import { z } from 'zod'

/** What the load generator is told, as JSON, in its first argument. */
export const LoadPlan = z.object({
  url: z.url(),
  authorization: z.string(),
  roomArns: z.array(z.string()),
  seed: z.number(),
  connections: z.number(),
  /** Messages in one call; 1 is `chat.sendMessage`. */
  perCall: z.number(),
  calls: z.number(),
  /** A steady pace; without it, as fast as answers come. */
  callsPerSecond: z.number().optional(),
})
export type LoadPlan = z.infer<typeof LoadPlan>

/** What it says when it is done. */
export const LoadReport = z.object({
  acknowledged: z.number(),
  refused: z.number(),
  /** Order-free sum of the Ids that were acknowledged. */
  digest: z.string(),
  seconds: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
})
export type LoadReport = z.infer<typeof LoadReport>
