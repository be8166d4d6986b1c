import { z } from 'zod'
import { parseInput } from '../json-input.ts'
import { DATA_MAX, DIMENSIONS_MAX, NAMESPACE, QUERIES_MAX, VALUES_MAX } from './limits.ts'
import type { MetricStore, Point } from './metric-store.ts'

export type Metrics = { readonly store: MetricStore; readonly now: () => number }

export const METRICS_TARGET = 'GraniteServiceVersion20100801'

/** Runs one operation of CloudWatch metrics; `undefined` when the stand-in does not have it. */
export async function runMetrics(metrics: Metrics, operation: string, input: unknown): Promise<unknown> {
  if (operation === 'PutMetricData') return putMetricData(metrics, input)
  if (operation === 'GetMetricData') return getMetricData(metrics, input)
  return undefined
}

async function putMetricData(metrics: Metrics, raw: unknown) {
  const { Namespace, MetricData } = parseInput(PutInput, raw, 'InvalidParameterValue')
  await metrics.store.put(
    MetricData.map((datum) => ({
      namespace: Namespace,
      name: datum.MetricName,
      dimensions: dimensionsOf(datum.Dimensions),
      timestampMs: datum.Timestamp === undefined ? metrics.now() : datum.Timestamp * 1000,
      unit: datum.Unit ?? 'None',
      ...summaryOf(datum),
    })),
  )
  return {}
}

function getMetricData(metrics: Metrics, raw: unknown) {
  const input = parseInput(GetInput, raw, 'InvalidParameterValue')
  const order = input.ScanBy === 'TimestampAscending' ? 1 : -1
  return {
    MetricDataResults: input.MetricDataQueries.map(({ Id, Label, MetricStat: { Metric, Period, Stat } }) => {
      const points = metrics.store.find({
        namespace: Metric.Namespace,
        name: Metric.MetricName,
        dimensions: dimensionsOf(Metric.Dimensions),
        fromMs: input.StartTime * 1000,
        toMs: input.EndTime * 1000,
      })
      const periods = new Map<number, Point[]>()
      for (const point of points) {
        const start = Math.floor(point.timestampMs / 1000 / Period) * Period
        periods.set(start, [...(periods.get(start) ?? []), point])
      }
      const starts = [...periods.keys()].sort((a, b) => order * (a - b))
      return {
        Id,
        Label: Label ?? Metric.MetricName,
        StatusCode: 'Complete',
        Timestamps: starts,
        Values: starts.map((start) => STATISTICS[Stat](periods.get(start) ?? [])),
      }
    }),
    Messages: [],
  }
}

const sum = (points: readonly Point[]) => points.reduce((total, point) => total + point.sum, 0)
const count = (points: readonly Point[]) => points.reduce((total, point) => total + point.count, 0)

const STATISTICS = {
  Sum: sum,
  SampleCount: count,
  Average: (points: readonly Point[]) => sum(points) / count(points),
  Minimum: (points: readonly Point[]) => points.reduce((least, point) => Math.min(least, point.minimum), Infinity),
  Maximum: (points: readonly Point[]) => points.reduce((most, point) => Math.max(most, point.maximum), -Infinity),
}

function summaryOf(datum: z.infer<typeof Datum>): Pick<Point, 'sum' | 'count' | 'minimum' | 'maximum'> {
  const { StatisticValues: set, Values: values, Counts: counts } = datum
  if (set !== undefined) {
    return { sum: set.Sum, count: set.SampleCount, minimum: set.Minimum, maximum: set.Maximum }
  }
  const all = values ?? [datum.Value ?? 0]
  const times = (index: number) => counts?.[index] ?? 1
  return {
    sum: all.reduce((total, value, index) => total + value * times(index), 0),
    count: all.reduce((total, _, index) => total + times(index), 0),
    minimum: Math.min(...all),
    maximum: Math.max(...all),
  }
}

function dimensionsOf(dimensions: readonly { Name: string; Value: string }[] | undefined): Record<string, string> {
  return Object.fromEntries((dimensions ?? []).map(({ Name, Value }) => [Name, Value]))
}

const Dimensions = z
  .array(z.object({ Name: z.string().min(1).max(255), Value: z.string().min(1).max(1024) }))
  .max(DIMENSIONS_MAX)
const MetricName = z.string().min(1).max(255)
const Namespace = z.string().regex(NAMESPACE)

const Datum = z
  .object({
    MetricName,
    Dimensions: Dimensions.optional(),
    Timestamp: z.number().optional(),
    Value: z.number().optional(),
    Values: z.array(z.number()).min(1).max(VALUES_MAX).optional(),
    Counts: z.array(z.number()).max(VALUES_MAX).optional(),
    StatisticValues: z
      .object({ SampleCount: z.number(), Sum: z.number(), Minimum: z.number(), Maximum: z.number() })
      .optional(),
    Unit: z.string().optional(),
  })
  .refine(
    (datum) => [datum.Value, datum.Values, datum.StatisticValues].filter((one) => one !== undefined).length === 1,
    'Exactly one of Value, Values and StatisticValues is required',
  )
  .refine(
    (datum) => datum.Counts === undefined || datum.Counts.length === datum.Values?.length,
    'Counts go with Values',
  )

const PutInput = z.object({ Namespace, MetricData: z.array(Datum).min(1).max(DATA_MAX) })

const GetInput = z.object({
  StartTime: z.number(),
  EndTime: z.number(),
  ScanBy: z.enum(['TimestampAscending', 'TimestampDescending']).optional(),
  MetricDataQueries: z
    .array(
      z.object({
        Id: z.string().regex(/^[a-z][a-zA-Z0-9_]*$/),
        Label: z.string().optional(),
        MetricStat: z.object({
          Metric: z.object({ Namespace, MetricName, Dimensions: Dimensions.optional() }),
          Period: z.int().min(1),
          Stat: z.enum(['Sum', 'SampleCount', 'Average', 'Minimum', 'Maximum']),
        }),
      }),
    )
    .min(1)
    .max(QUERIES_MAX),
})
