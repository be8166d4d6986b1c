/** Ceilings of what one process works on at once. */
export type AdmissionLimits = {
  readonly requestsMax: number
  /** Of all request bodies in memory. */
  readonly bodyBytesMax: number
  /** Of one body; what a request without a declared length is counted with. */
  readonly bodyBytesEach: number
}

export type Admission = {
  /** Counts the request in; undefined when the process has enough to do. Call what comes back once it is answered. */
  enter(contentLength: string | undefined): (() => void) | undefined
}

/** Bounds requests in flight and the memory their bodies take, so that a flood is refused instead of queued. */
export function createAdmission({ requestsMax, bodyBytesMax, bodyBytesEach }: AdmissionLimits): Admission {
  let requests = 0
  let bodyBytes = 0
  return {
    enter(contentLength) {
      const declared = Number(contentLength ?? bodyBytesEach)
      const bytes = Number.isInteger(declared) ? Math.min(declared, bodyBytesEach) : bodyBytesEach
      if (requests + 1 > requestsMax || bodyBytes + bytes > bodyBytesMax) return undefined
      requests += 1
      bodyBytes += bytes
      return () => {
        requests -= 1
        bodyBytes -= bytes
      }
    },
  }
}
