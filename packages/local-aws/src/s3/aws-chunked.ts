import { s3Error } from './error.ts'

const LINE_BYTES_MAX = 16 * 1024

/**
 * Takes the `aws-chunked` framing off a body: `<hex size>[;chunk-signature=...]\r\n<bytes>\r\n ... 0\r\n` and then
 * trailing headers, which are put in `trailers`. Chunk signatures are not checked.
 */
export async function* decodeAwsChunked(body: AsyncIterable<Buffer>, trailers: Map<string, string>) {
  const source = body[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)

  while (true) {
    const size = chunkSize(await line())
    if (size === 0) break
    yield* exactly(size)
    if ((await line()) !== '') throw s3Error('InvalidRequest', 'A chunk does not end where its size says.')
  }
  while (true) {
    const text = await line().catch((error) => {
      if (rest.length === 0) return ''
      throw error
    })
    if (text === '') break
    const colon = text.indexOf(':')
    trailers.set(text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim())
  }
  while (await more()) rest = Buffer.alloc(0)

  async function more(): Promise<boolean> {
    const next = await source.next()
    if (next.done) return false
    rest = rest.length === 0 ? next.value : Buffer.concat([rest, next.value])
    return true
  }

  async function line(): Promise<string> {
    while (true) {
      const end = rest.indexOf('\r\n')
      if (end >= 0) {
        const text = rest.toString('latin1', 0, end)
        rest = rest.subarray(end + 2)
        return text
      }
      if (rest.length > LINE_BYTES_MAX || !(await more()))
        throw s3Error('IncompleteBody', 'The chunked body ends early.')
    }
  }

  async function* exactly(size: number) {
    let left = size
    while (left > 0) {
      if (rest.length === 0 && !(await more())) throw s3Error('IncompleteBody', 'The chunked body ends early.')
      const part = rest.subarray(0, left)
      rest = rest.subarray(part.length)
      left -= part.length
      if (part.length > 0) yield part
    }
  }
}

function chunkSize(text: string): number {
  const size = /^[0-9a-fA-F]{1,10}(?=;|$)/.exec(text)?.[0]
  if (size === undefined) throw s3Error('InvalidRequest', 'A chunk has no size.')
  return Number.parseInt(size, 16)
}
