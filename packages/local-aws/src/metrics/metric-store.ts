import { mkdir, readFile, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { appendFile } from '../append-file.ts'
import { codeOf } from '../durable-file.ts'

const Point = z.object({
  namespace: z.string(),
  name: z.string(),
  dimensions: z.record(z.string(), z.string()),
  timestampMs: z.number(),
  unit: z.string(),
  sum: z.number(),
  count: z.number(),
  minimum: z.number(),
  maximum: z.number(),
})
export type Point = z.infer<typeof Point>

export type PointQuery = Pick<Point, 'namespace' | 'name' | 'dimensions'> & {
  readonly fromMs: number
  /** Exclusive. */
  readonly toMs: number
}

export type MetricStore = {
  put(points: readonly Point[]): Promise<void>
  find(query: PointQuery): readonly Point[]
  settled(): Promise<void>
}

const POINTS_MAX = 200_000

/** Metric data in `metrics/data.ndjson`; the last 200,000 points can be read back. */
export async function createMetricStore(options: { dataDir: string }): Promise<MetricStore> {
  const folder = join(options.dataDir, 'metrics')
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'data.ndjson')
  const { points, bytes } = await load(path)
  // Lost metrics harm nobody: no sync.
  const file = appendFile(path, bytes, false)

  return {
    async put(added) {
      await file.append(Buffer.from(added.map((point) => `${JSON.stringify(point)}\n`).join('')))
      points.push(...added)
      if (points.length > POINTS_MAX) points.splice(0, points.length - POINTS_MAX)
    },
    find: (query) => points.filter((point) => matches(point, query)),
    settled: () => file.settled(),
  }
}

function matches(point: Point, query: PointQuery): boolean {
  const { namespace, name, timestampMs } = point
  if (namespace !== query.namespace || name !== query.name) return false
  if (timestampMs < query.fromMs || timestampMs >= query.toMs) return false
  const wanted = Object.entries(query.dimensions)
  return (
    wanted.length === Object.keys(point.dimensions).length &&
    wanted.every(([key, value]) => point.dimensions[key] === value)
  )
}

async function load(path: string): Promise<{ points: Point[]; bytes: number }> {
  try {
    const text = await readFile(path)
    const bytes = text.lastIndexOf(0x0a) + 1
    if (bytes < (await stat(path)).size) await truncate(path, bytes)
    const lines = text.toString('utf8', 0, bytes).split('\n').slice(0, -1)
    return { points: lines.slice(-POINTS_MAX).map((line) => Point.parse(JSON.parse(line))), bytes }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { points: [], bytes: 0 }
    throw error
  }
}
