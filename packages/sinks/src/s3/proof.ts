import type { Verdict } from '../classify.ts'

export type PutResult =
  | { readonly status: 'created' }
  | { readonly status: 'exists' }
  | { readonly status: 'failed'; readonly verdict: Verdict }

export type Put = () => Promise<PutResult>

/**
 * Proves that the store honours `If-None-Match: *` before more than one object rests on it: the first object is put
 * twice, unchanged, and the second time must be answered by 412. Until then one write at a time goes out, and the
 * others wait for it.
 */
export function createProof(): (put: Put) => Promise<PutResult> {
  let isProven = false
  let turn: Promise<PutResult> | undefined

  async function prove(put: Put): Promise<PutResult> {
    const first = await put()
    isProven = first.status === 'exists'
    if (first.status !== 'created') return first
    const second = await put()
    switch (second.status) {
      case 'exists':
        isProven = true
        return first
      case 'created':
        return { status: 'failed', verdict: IGNORED }
      case 'failed':
        // The object is there, and the next write looks again; or the store refuses in a way that we cannot read.
        return second.verdict.taken === 'maybe' || second.verdict.action === 'retry' ? first : second
    }
  }

  return async (put) => {
    while (!isProven) {
      if (turn === undefined) {
        turn = prove(put).finally(() => {
          turn = undefined
        })
        return turn
      }
      // Rejected: the other caller gave up, so the turn is free.
      const other = await turn.catch(() => undefined)
      if (other?.status === 'failed' && !isProven) return { status: 'failed', verdict: notSent(other.verdict) }
    }
    return put()
  }
}

const IGNORED: Verdict = {
  class: 'conditional-writes-ignored',
  action: 'hold',
  taken: 'no',
  name: 'ConditionalWritesIgnored',
  status: 200,
  detail: undefined,
}

/** The failure of the write that was waited for, to one that has sent nothing: not to be split for another's records. */
function notSent(verdict: Verdict): Verdict {
  return { ...verdict, taken: 'no', action: verdict.action === 'hold' ? 'hold' : 'retry' }
}
