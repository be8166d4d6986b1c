import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { createPortSource, freePorts, requireFree } from './ports.ts'

test('free ports are four different ones', async () => {
  expect(new Set(Object.values(await freePorts())).size).toBe(4)
})

test('a taken port is named, with who needs it and the variable that changes it', async () => {
  const ports = await freePorts()
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(ports.writer, '127.0.0.1', resolve))
  try {
    await expect(requireFree(ports, ['api', 'writer'])).rejects.toThrow(
      new RegExp(`Port ${ports.writer} .*writer.* is taken.*ROOMLOG_WRITER_PORT=`),
    )
    await requireFree(ports, ['api', 'postgres'])
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
  await requireFree(ports, ['writer'])
})

test('a port given to two parts is refused', async () => {
  const ports = { ...(await freePorts()), api: 3000, writer: 3000 }
  await expect(requireFree(ports, ['api', 'writer'])).rejects.toThrow(/ROOMLOG_API_PORT or ROOMLOG_WRITER_PORT/)
})

test('a port source gives each port once, passes over those that are taken, and stays below the ephemeral ones', async () => {
  const next = createPortSource(17)
  const taken = await next()
  const squatter = createServer().listen(taken, '127.0.0.1')
  await once(squatter, 'listening')
  const again = createPortSource(17)
  const ports = [await again(), await again()]
  squatter.close()
  expect(new Set([taken, ...ports]).size).toBe(3)
  for (const port of ports) expect(port).toBeLessThan(32_000)
})
