import { uptime } from 'node:os'
import { run } from './run.ts'

process.exitCode = await run(
  process.argv.slice(2),
  process.env,
  { print: (text) => console.log(text), complain: (text) => console.error(text) },
  {
    monotonicNs: () => process.hrtime.bigint(),
    wallMs: () => Date.now(),
    uptimeMs: () => uptime() * 1_000,
  },
)
