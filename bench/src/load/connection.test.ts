import { expect, test } from 'vitest'
import { parseAnswer } from './connection.ts'

const parse = (text: string) => {
  const answer = parseAnswer(Buffer.from(text))
  return answer && { status: answer.status, body: answer.body.toString() }
}

test('an answer of a stated length is whole with its last byte', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n'
  expect(parse(`${head}{"a`)).toBeUndefined()
  expect(parse(`${head}{}{}`)).toEqual({ status: 200, body: '{}{}' })
})

test('an answer in chunks is whole with the empty one', () => {
  const head = 'HTTP/1.1 503 Busy\r\ntransfer-encoding: chunked\r\n\r\n'
  expect(parse(`${head}2\r\n{}\r\n`)).toBeUndefined()
  expect(parse(`${head}2\r\n{}\r\n0\r\n\r\n`)?.status).toBe(503)
})
