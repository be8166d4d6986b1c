import type { PutRecordBatchCommand } from '@aws-sdk/client-firehose'

/** Enough for `RequestResponses` of 500 records with an error message each. */
const ANSWER_BYTES_MAX = 1024 * 1024
const ALL_TAKEN = /"FailedPutCount"\s*:\s*0\s*[,}]/
const SHORT = Buffer.from('{"FailedPutCount":0}')

/**
 * Has the answer to a batch that was taken whole cut down to just that: the SDK would parse an object a record, which costs
 * more CPU than sending them.
 */
export function withShortAnswer(command: PutRecordBatchCommand): PutRecordBatchCommand {
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const { response } = result
      if (typeof response === 'object' && response !== null && 'body' in response && isStream(response.body)) {
        const body = await collect(response.body)
        response.body = ALL_TAKEN.test(body.toString('latin1')) ? SHORT : body
      }
      return result
    },
    // Nearest to the wire: before the SDK reads the answer.
    { step: 'deserialize', priority: 'low', name: 'shortAnswerMiddleware' },
  )
  return command
}

function isStream(body: unknown): body is AsyncIterable<unknown> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}

async function collect(stream: AsyncIterable<unknown>): Promise<Buffer> {
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
