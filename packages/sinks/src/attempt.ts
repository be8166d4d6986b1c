import { classify, type Verdict } from './classify.ts'

export type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly verdict: Verdict }

/** One call. Rejects with an AbortError only if the caller's signal has aborted; any other error becomes a verdict. */
export async function attempt<T>(call: () => Promise<T>, signal: AbortSignal | undefined): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await call() }
  } catch (error) {
    if (signal?.aborted) throw abortError(error)
    return { ok: false, verdict: classify(error) }
  }
}

/** The options of `client.send`. */
export function sendOptions(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal }
}

function abortError(cause: unknown): Error {
  if (cause instanceof Error && cause.name === 'AbortError') return cause
  return Object.assign(new Error('Aborted', { cause }), { name: 'AbortError' })
}
