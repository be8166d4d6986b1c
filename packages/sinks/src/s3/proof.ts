import { NO_ETAG } from '../answer.ts'
import type { Verdict } from '../classify.ts'
import type { ReadFailure } from '../failure.ts'
import type { Occupant } from '../port.ts'
import type { PutResult } from './put-object.ts'

export type Occupied = { readonly status: 'occupied'; readonly occupant: Occupant }

export type Put = () => Promise<PutResult>
/** Reads which object of ours stands in the way. */
export type Look = () => Promise<Occupied | ReadFailure>

/** A put, and the look at what stood in its way. */
export type Creation = Exclude<PutResult, { status: 'exists' }> | Occupied | ReadFailure

/**
 * Proves that the store honours `If-None-Match: *` before more than one object rests on it: the first object is put
 * twice, unchanged, and the second time must be answered by 412. Until then one write at a time goes out, and the
 * others wait for it. Two answers prove it, both beyond doubt: a put that was taken, or an object of ours that was read,
 * and a 412 in the store's own words.
 */
export function createProof(): (put: Put, look: Look) => Promise<Creation> {
  let isProven = false
  let turn: Promise<Creation> | undefined

  async function prove(put: Put, look: Look): Promise<Creation> {
    const first = await put()
    switch (first.status) {
      case 'exists': {
        const found = await look()
        isProven = first.isNamed && found.status === 'occupied'
        return found
      }
      case 'failed':
        return first.verdict.name === NO_ETAG ? { status: 'failed', verdict: unsuited(first.verdict) } : first
      case 'created': {
        const second = await put()
        isProven = second.status === 'exists' && second.isNamed
        if (second.status === 'created') return { status: 'failed', verdict: IGNORED }
        if (second.status === 'exists') return first
        // The object is there, and the next write looks again; or the store refuses in a way that we cannot read.
        return second.verdict.taken === 'maybe' || second.verdict.action === 'retry' ? first : second
      }
    }
  }

  return async (put, look) => {
    while (!isProven) {
      if (turn === undefined) {
        turn = prove(put, look).finally(() => {
          turn = undefined
        })
        return turn
      }
      // Rejected: the other caller gave up, so the turn is free.
      const other = await turn.catch(() => undefined)
      if (other?.status === 'failed' && !isProven) return { status: 'failed', verdict: notSent(other.verdict) }
    }
    const result = await put()
    return result.status === 'exists' ? look() : result
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

/** Of a store that sends no ETag even now nothing would ever be believed: a person must act. A repeat does no harm. */
function unsuited(verdict: Verdict): Verdict {
  return { ...verdict, class: 'conditional-writes-ignored', action: 'hold', taken: 'no', detail: undefined }
}

/** The failure of the write that was waited for, to one that has sent nothing: not to be split for another's records. */
function notSent(verdict: Verdict): Verdict {
  return { ...verdict, taken: 'no', action: verdict.action === 'hold' ? 'hold' : 'retry' }
}
