export type Reply = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | number>>
  readonly body?: string | Buffer | AsyncIterable<Buffer>
}

export function json(value: unknown, version: '1.0' | '1.1' = '1.1', status = 200): Reply {
  return { status, headers: { 'content-type': `application/x-amz-json-${version}` }, body: JSON.stringify(value) }
}

export function xml(body: string, status = 200): Reply {
  return {
    status,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  }
}
