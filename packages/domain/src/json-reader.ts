const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c
const SPACE = 0x20
/** After a backslash, where JSON has this way of writing the character and a record writes it so. */
const ESCAPED = new Set(Array.from('"\\bfnrt', (letter) => letter.charCodeAt(0)))
/** Pairs of one map beyond which looking for a key that stands there twice would take too long. */
const PAIRS_MAX = 16

/**
 * Reads what is plainly written JSON, without making values of it: well-formed UTF-8 whose texts have the very bytes that a
 * record has. Whatever else there may be, wrong or only unusual, is told by `false`, and then the reader is of no more use.
 */
export class JsonReader {
  readonly bytes: Uint8Array
  /** Where it goes on. */
  at = 0
  /** Where the text or map that was read last begins; it ends at `at`. */
  from = 0
  /** Unicode code points of the text that was read last. */
  points = 0
  readonly #keys = new Int32Array(2 * PAIRS_MAX)

  /** `bytes`: well-formed UTF-8. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** Past this byte, if it comes next. */
  take(byte: number): boolean {
    this.#skipSpace()
    if (this.bytes[this.at] !== byte) return false
    this.at += 1
    return true
  }

  /** Past the comma before one more item. */
  next(): boolean {
    return this.take(COMMA)
  }

  /** Past a member's name and its colon. */
  name(): boolean {
    if (!this.text()) return false
    const { from, at } = this
    if (!this.take(COLON)) return false
    this.from = from
    this.#nameEnd = at
    return true
  }
  #nameEnd = 0

  /** Bytes of the name that was read last. */
  get nameLength(): number {
    return this.#nameEnd - this.from - 2
  }

  /** Whether this is the name that was read last, whose length is the same. */
  isName(name: Uint8Array): boolean {
    const { bytes, from } = this
    for (let i = 0; i < name.length; i++) if (bytes[from + 1 + i] !== name[i]) return false
    return true
  }

  /** Past a string. */
  text(): boolean {
    if (!this.take(QUOTE)) return false
    const { bytes } = this
    const end = bytes.length
    let points = 0
    let i = this.at
    this.from = i - 1
    for (; i < end; i++) {
      const byte = bytes[i] ?? 0
      if (byte === QUOTE) {
        this.at = i + 1
        this.points = points
        return true
      }
      if (byte < SPACE) return false
      if (byte === BACKSLASH) {
        i += 1
        if (!ESCAPED.has(bytes[i] ?? 0)) return false
      }
      // The bytes of a character after its first are 10xxxxxx.
      if ((byte & 0xc0) !== 0x80) points += 1
    }
    return false
  }

  /** Past an object of strings that has no white space, and whose order of keys JavaScript would leave as it is. */
  map(): boolean {
    if (!this.take(0x7b)) return false
    const { bytes } = this
    const from = this.at - 1
    let pairs = 0
    if (bytes[this.at] === 0x7d) this.at += 1
    else {
      do {
        const keyAt = this.at
        if (bytes[keyAt] !== QUOTE || !this.text()) return false
        if (!this.#isNewKey(keyAt, pairs)) return false
        pairs += 1
        if (bytes[this.at] !== COLON) return false
        this.at += 1
        if (bytes[this.at] !== QUOTE || !this.text()) return false
      } while (bytes[this.at++] === COMMA)
      if (bytes[this.at - 1] !== 0x7d) return false
    }
    this.from = from
    return true
  }

  /** White space, and then nothing. */
  end(): boolean {
    this.#skipSpace()
    return this.at === this.bytes.length
  }

  /** Keys that look like numbers come first in JavaScript, and of two that are the same the second one counts. */
  #isNewKey(keyAt: number, pairs: number): boolean {
    if (pairs === PAIRS_MAX) return false
    const { bytes, at } = this
    const first = bytes[keyAt + 1] ?? 0
    if (first >= 0x30 && first <= 0x39) return false
    for (let i = 0; i < pairs; i++) {
      const otherAt = this.#keys[2 * i] ?? 0
      if (this.#keys[2 * i + 1] === at - keyAt && this.#areSame(otherAt, keyAt, at)) return false
    }
    this.#keys[2 * pairs] = keyAt
    this.#keys[2 * pairs + 1] = at - keyAt
    return true
  }

  #areSame(otherAt: number, from: number, end: number): boolean {
    const { bytes } = this
    for (let i = from; i < end; i++) if (bytes[i] !== bytes[otherAt + i - from]) return false
    return true
  }

  #skipSpace(): void {
    const { bytes } = this
    for (;;) {
      const byte = bytes[this.at]
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return
      this.at += 1
    }
  }
}
