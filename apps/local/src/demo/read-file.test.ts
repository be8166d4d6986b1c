import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { findFile, readRequests } from './read-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'roomlog-read-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

const lines = [
  '{"room":"a","time":"2005-04-05T10:13:15.000Z","type":"message","sender":"ann","content":"hi"}',
  '{"room":"a","time":"2005-04-05T10:13:16.000Z","type":"event","eventName":"app:JOINED","attributes":{"user":"bo"}}',
  '{"room":"b","time":"2005-04-05T10:13:17.000Z","type":"message","sender":"bo","content":"hi ann"}',
]

async function read(path: string, limit?: number): Promise<unknown[]> {
  const requests = []
  for await (const request of readRequests(path, limit)) requests.push(request)
  return requests
}

test('plain and gzipped files read the same', async () => {
  const plain = join(folder, 'chat.ndjson')
  const zipped = join(folder, 'chat.ndjson.gz')
  writeFileSync(plain, `${lines.join('\n')}\n`)
  writeFileSync(zipped, gzipSync(`${lines.join('\r\n')}\n\n`))
  const requests = await read(plain)
  expect(requests).toHaveLength(3)
  expect(requests[1]).toEqual({ type: 'event', room: 'a', eventName: 'app:JOINED', attributes: { user: 'bo' } })
  expect(await read(zipped)).toEqual(requests)
  expect(await read(zipped, 2)).toEqual(requests.slice(0, 2))
})

test('a line that is no request is named', async () => {
  const path = join(folder, 'bad.ndjson')
  writeFileSync(path, `${lines[0]}\nnot json\n`)
  await expect(read(path)).rejects.toThrow(/bad\.ndjson, line 2 is not a request/)
})

test('a file cut short is an error, not the end of the conversation', async () => {
  const path = join(folder, 'cut.ndjson.gz')
  writeFileSync(path, gzipSync(lines.join('\n')).subarray(0, -20))
  await expect(read(path)).rejects.toThrow(/Cannot read .*cut\.ndjson\.gz/)
})

test('a file that is not there is named with its whole path', () => {
  expect(() => findFile('nowhere.ndjson', [folder])).toThrow(join(folder, 'nowhere.ndjson'))
})
