import {
  type AccessKeyScope,
  type AccountId,
  accessDeniedException,
  fail,
  grants,
  ok,
  type Result,
} from '@roomlog/domain'

/**
 * Who is asking. Each kind is made by a file beside this one, from the headers alone, before a body is read. Whoever handles
 * a caller asks for its `kind`, and for `by` where it matters how it has proved who it is.
 */
export type Caller = {
  readonly kind: 'accessKey'
  /** With the header `Authorization: Bearer <accessKeyId>.<secretAccessKey>`. */
  readonly by: 'bearer'
  readonly accessKeyId: string
  readonly accountId: AccountId
  readonly scopes: readonly AccessKeyScope[]
}

/** The answer of a look-up that is still under way. */
export type LookedUp = {
  readonly answer: Promise<Result<Caller>>
  /** Whose key this was when it was last read, by its secret too; without one a stranger asks. */
  readonly lastKnownAs: AccountId | undefined
}

/** Whether the caller may do what a key with one of these scopes may do. */
export function checkScope({ scopes }: Pick<Caller, 'scopes'>, wanted: readonly AccessKeyScope[]): Result<undefined> {
  if (grants(scopes, wanted)) return MAY
  return fail(accessDeniedException(`The access key does not have the scope ${wanted.join(' or ')}`))
}

const MAY = ok(undefined)
