import { z } from 'zod'
import { MAX_RESULTS_DEFAULT, MAX_RESULTS_MAX, NEXT_TOKEN_LENGTH_MAX } from './limits.ts'
import { StoredText } from './text.ts'

const token = StoredText.max(NEXT_TOKEN_LENGTH_MAX)

/** Members of every list call. `cursor` is what tRPC's infinite queries call `nextToken`. */
export const paging = {
  nextToken: token.optional(),
  cursor: token.nullish(),
  maxResults: z.int().min(1).max(MAX_RESULTS_MAX).default(MAX_RESULTS_DEFAULT),
}

/** Member of every list's answer: there where there is more. */
export const nextToken = z.string().optional()

type Paged = { nextToken?: string | undefined; cursor?: string | null | undefined }

/** One name for the token; the empty token, which means the start, is none. */
export function oneToken<T extends Paged>({ nextToken, cursor, ...rest }: T) {
  return { ...rest, nextToken: nextToken || cursor || undefined }
}
