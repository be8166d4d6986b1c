import { fail, ok, type Result, StoredText, validationException } from '@roomlog/domain'
import { z } from 'zod'
import type { PageEnd } from '../store/page.ts'

const Token = z.tuple([z.int().min(0).max(8_640_000_000_000_000), StoredText.min(1).max(128)])

/** The token that continues after `end`; opaque to callers. */
export function tokenAfter({ timeMs, id }: PageEnd): string {
  return Buffer.from(JSON.stringify([timeMs, id])).toString('base64url')
}

/** Where a list call starts: nowhere without a token; an error for one that we did not make. */
export function pageStart(nextToken: string | undefined): Result<PageEnd | undefined> {
  if (nextToken === undefined) return ok(undefined)
  const token = Token.safeParse(jsonOf(Buffer.from(nextToken, 'base64url').toString()))
  if (token.success) {
    const [timeMs, id] = token.data
    if (tokenAfter({ timeMs, id }) === nextToken) return ok({ timeMs, id })
  }
  return strangeToken()
}

/** For a token that is not one of this list. */
export function strangeToken() {
  const message = 'Is not a token of this list'
  return fail(
    validationException(`Request member: nextToken failed to satisfy the constraints: ${message}`, {
      reason: 'FIELD_VALIDATION_FAILED',
      fieldList: [{ name: 'nextToken', message }],
    }),
  )
}

/** Cuts the one item too many that was read to see whether there is more. */
export function cutPage<T>(
  items: readonly T[],
  maxResults: number,
  endOf: (item: T) => PageEnd,
): { readonly page: readonly T[]; readonly nextToken?: string } {
  const page = items.slice(0, maxResults)
  const last = page.at(-1)
  return items.length > maxResults && last !== undefined ? { page, nextToken: tokenAfter(endOf(last)) } : { page }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
