/** Ceilings of what one process works on at once. */
export type AdmissionLimits = {
  readonly requestsMax: number
  /** Of all request bodies in memory, and of all answers that nobody has read yet. */
  readonly bytesMax: number
}

export type Admission = {
  /** Counts a request in, in the name of an account; without one it is a stranger's. Undefined: there is enough to do. */
  enter(accountId: string | undefined): Ticket | undefined
}

/** What one request holds of the process. */
export type Ticket = {
  /** Counts these bytes in until the ticket is left; false: they are too many, and none was counted. */
  take(bytes: number): boolean
  /** Counts bytes of the answer that wait for the client to read them; call what comes back when they no longer do. */
  hold(bytes: number): () => void
  /** The answer was handed over: the slot and what was taken are free. A second time does nothing. */
  leave(): void
}

/** Who is not known yet can only wait for the look-up of a key, or send what must be read to know who it is. */
const STRANGERS_SHARE = 1 / 8

/**
 * Bounds requests in flight and the memory that they take, so that a flood is refused instead of queued.
 *
 * An account may hold as much as it leaves free: one alone comes to half of everything, two floods to a third each. So
 * whoever comes next finds something, however many flood, and nobody has to say beforehand who gets how much. Strangers
 * are like one account, with a small ceiling of its own.
 */
export function createAdmission({ requestsMax, bytesMax }: AdmissionLimits): Admission {
  const shares = new Map<string | undefined, Share>()
  const all = { requests: 0, bytes: 0, requestsMax, bytesMax, shares }
  return {
    enter(accountId) {
      let share = shares.get(accountId)
      if (share === undefined) {
        const ceiling = accountId === undefined ? STRANGERS_SHARE : 1
        share = {
          accountId,
          requests: 0,
          bytes: 0,
          requestsMax: Math.max(1, Math.floor(requestsMax * ceiling)),
          bytesMax: Math.floor(bytesMax * ceiling),
        }
      }
      if (share.requests >= Math.min(share.requestsMax, requestsMax - all.requests)) return undefined
      // Answers that nobody reads count too: who piles them up gets no more of them.
      if (share.bytes > 0 && share.bytes >= bytesMax - all.bytes) return undefined
      shares.set(accountId, share)
      return new HeldTicket(all, share)
    },
  }
}

type Share = {
  readonly accountId: string | undefined
  requests: number
  bytes: number
  readonly requestsMax: number
  readonly bytesMax: number
}
type All = {
  requests: number
  bytes: number
  readonly requestsMax: number
  readonly bytesMax: number
  readonly shares: Map<string | undefined, Share>
}

// A class, because there is one for each request: its methods cost nothing to make.
class HeldTicket implements Ticket {
  readonly #all: All
  readonly #share: Share
  #taken = 0
  #held = true

  constructor(all: All, share: Share) {
    this.#all = all
    this.#share = share
    all.requests += 1
    share.requests += 1
  }

  take(bytes: number): boolean {
    const share = this.#share
    const free = this.#all.bytesMax - this.#all.bytes
    if (share.bytes + bytes > Math.min(share.bytesMax, free - bytes)) return false
    this.#taken += bytes
    this.#count(bytes)
    return true
  }

  hold(bytes: number): () => void {
    this.#count(bytes)
    return () => this.#count(-bytes)
  }

  leave(): void {
    if (!this.#held) return
    this.#held = false
    this.#all.requests -= 1
    this.#share.requests -= 1
    this.#count(-this.#taken)
  }

  #count(bytes: number): void {
    const share = this.#share
    this.#all.bytes += bytes
    share.bytes += bytes
    if (share.requests === 0 && share.bytes === 0) this.#all.shares.delete(share.accountId)
  }
}
