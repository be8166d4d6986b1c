import type { FirehoseClient } from '@aws-sdk/client-firehose'

/** Enough for what is told of 500 records, with an error message each. */
const ANSWER_BYTES_MAX = 1024 * 1024
const ALL_TAKEN = /"FailedPutCount"\s*:\s*0\s*[,}]/
const SHORT = Buffer.from('{"FailedPutCount":0}')

/**
 * Has the answers to batches that were taken whole cut down to just that: the SDK would parse an object a record, which
 * costs more CPU than sending them. To be called before the client's first call, and as often as you like.
 */
export function shortenAnswers(client: FirehoseClient): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const result = await next(args)
        const { response } = result
        if (commandName === 'PutRecordBatchCommand' && hasStream(response)) {
          const body = await collect(response.body)
          response.body = ALL_TAKEN.test(body.toString('latin1')) ? SHORT : body
        }
        return result
      },
    // Nearest to the wire: before the SDK reads the answer.
    { step: 'deserialize', priority: 'low', name: 'shortAnswersMiddleware', override: true },
  )
}

function hasStream(response: unknown): response is { body: AsyncIterable<unknown> | Buffer } {
  if (typeof response !== 'object' || response === null || !('body' in response)) return false
  const { body } = response
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

async function collect(stream: AsyncIterable<unknown> | Buffer): Promise<Buffer> {
  if (Buffer.isBuffer(stream)) return stream
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('the answer is no stream of bytes')
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`the answer has more than ${ANSWER_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
