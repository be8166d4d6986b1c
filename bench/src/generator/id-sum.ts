/** Tells two sets of Ids apart whatever their order: what went in twice or not at all shows. */
export class IdSum {
  count = 0
  #sum = 0
  #xor = 0

  /** An Id of 12 ASCII characters at `at`. */
  add(bytes: Uint8Array, at: number): void {
    let hash = 0x811c9dc5
    for (let i = at; i < at + 12; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193)
    this.#take(hash)
  }

  addText(id: string): void {
    let hash = 0x811c9dc5
    for (let i = 0; i < 12; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
    this.#take(hash)
  }

  get digest(): string {
    return `${this.#sum.toString(16)}-${this.#xor.toString(16)}`
  }

  #take(hash: number): void {
    // Spread once more: FNV's low bits alone would let a swap of two Ids pass.
    const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0
    this.count += 1
    this.#sum = (this.#sum + mixed) % 0x1_0000_0000_0000
    this.#xor = (this.#xor ^ mixed) >>> 0
  }
}
