import { z } from 'zod'

/** What a call that has nothing to tell answers. */
export const Nothing = z.object({}).readonly()
export type Nothing = Readonly<Record<string, never>>
