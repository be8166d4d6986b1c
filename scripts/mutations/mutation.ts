/** Tests that must fail; `test` narrows them down to those whose name it matches. */
export type Suite = {
  readonly project: 'unit' | 'integration' | 'simulation'
  readonly file: string
  readonly test?: string | undefined
}

/** A plausible bug: `find`, which is in `file` exactly once, becomes `put`, and each of `suites` must then fail. */
export type Mutation = {
  readonly name: string
  readonly promise: string
  readonly file: string
  readonly find: string
  readonly put: string
  readonly suites: readonly Suite[]
}

/** How long a run of suites may take, and until when there is one. */
export type Limits = { readonly signal: AbortSignal; readonly timeoutMs: number }

export type Verdict = {
  readonly mutation: Mutation
  readonly status: 'killed' | 'SURVIVED' | 'BROKEN'
  readonly how: string
  readonly seconds: number
}
