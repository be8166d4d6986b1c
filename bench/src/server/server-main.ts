import { createDiscardServer } from './discard-server.ts'

// Started by the benchmark: says its port in one line, and ends when its standard input does.
const server = createDiscardServer(() => Date.now())
server.keepAliveTimeout = 60_000
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') console.log(JSON.stringify({ port: address.port }))
})
process.stdin.on('end', () => process.exit(0)).resume()
