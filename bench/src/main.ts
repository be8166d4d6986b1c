import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startPostgres } from '@roomlog/embedded-postgres'
import { type Arguments, HELP, readArguments } from './arguments.ts'
import { createRecordSource, roomsOf } from './generator/records.ts'
import { describeMachine, type Machine } from './measure/machine.ts'
import { unmeasurable } from './measure/proc.ts'
import { goalsOf } from './report/goals.ts'
import { renderPicture } from './report/picture.ts'
import { renderTable } from './report/table.ts'
import { type Bench, ROOMS, START_MS } from './rows/bench.ts'
import { measureLoads } from './rows/loads.ts'
import { runRows } from './run-rows.ts'
import { startAwsServer } from './server/aws-server.ts'

const WRITE_RECORDS = 10_000

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
try {
  const args = readArguments(process.argv.slice(2))
  if (args.help) process.stdout.write(HELP)
  else if (args.serve !== undefined) await serve(args.serve)
  else if (args.write !== undefined) writeRecords(args.write, args)
  else await bench(args)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exit(1)
}
process.exit(0)

async function bench(args: Arguments): Promise<void> {
  const reason = unmeasurable()
  if (reason !== undefined) throw new Error(reason)
  const startedAtMs = performance.now()
  const progress = (line: string) => {
    process.stderr.write(`[${((performance.now() - startedAtMs) / 1_000).toFixed(0).padStart(4)} s] ${line}\n`)
  }
  const machine = describeMachine(Date.now())
  progress('starting Postgres (fsync on) and the discarding server')
  const dataDir = await mkdtemp(join(tmpdir(), 'roomlog-bench-'))
  // For root, who runs it as `nobody`.
  await chmod(dataDir, 0o755)
  const postgres = await startPostgres({ dataDir, temporary: true })
  const server = await startAwsServer()
  try {
    const { quick, records, backlogRecords, runs, seed, settings, endpoint } = args
    const profile = args.profile && resolve(args.profile)
    const context: Bench = {
      ...{ postgres, server, quick, records, backlogRecords, runs, seed, settings, endpoint, profile, progress },
    }
    if (args.picture !== undefined) return await drawPicture(context, machine, args.picture)
    const rows = await runRows(context, args.rows)
    progress('done')
    const calibration = rows.find(({ name }) => name === 'calibration.gzip6')?.cpuSecondsPerMillion
    const judged = rows.map((row) => ({ ...row, goals: goalsOf(row, calibration) }))
    console.log(args.json ? JSON.stringify({ machine, rows: judged }) : renderTable(machine, rows))
  } finally {
    await server.stop()
    await postgres.stop()
  }
}

async function serve(port: number): Promise<void> {
  const server = await startAwsServer(port)
  console.log(
    `Discarding AWS at ${server.url}; ${server.url}/_bench/counts counts, ${server.url}/_bench/check looks inside.`,
  )
  await new Promise(() => {})
}

async function drawPicture(context: Bench, machine: Machine, path: string): Promise<void> {
  const { points, flushSeconds } = await measureLoads(context)
  const where = `${machine.date}, ${machine.cpu}, ${machine.cores} cores, everything on one machine; S3 is flushed every ${flushSeconds} s`
  writeFileSync(path, renderPicture(points, where))
  console.log(JSON.stringify({ machine, flushSeconds, points }))
}

function writeRecords(path: string, { seed, records }: Arguments): void {
  const source = createRecordSource({ seed, rooms: roomsOf(seed, ROOMS), startMs: START_MS })
  const file = openSync(path, 'w')
  for (let done = 0; done < records; done += WRITE_RECORDS) {
    const lines = Array.from({ length: Math.min(WRITE_RECORDS, records - done) }, () => source.next().bytes)
    writeSync(file, Buffer.concat(lines))
  }
  closeSync(file)
  console.log(`${records} records, ${source.bytes} bytes, Ids ${source.ids.digest}`)
}
