import { CloudWatchClient, GetMetricDataCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { conformanceEndpoint, refusal, uniqueName } from './endpoint.contract.ts'

const endpoint = conformanceEndpoint()
const Namespace = uniqueName('metrics')
const MetricName = 'Delay'
const Dimensions = [{ Name: 'Room', Value: 'AbC' }]
let cloudwatch: CloudWatchClient

beforeAll(() => {
  cloudwatch = new CloudWatchClient(endpoint.clientOptions())
})
afterAll(() => cloudwatch.destroy())

test('what was put is read back by period and statistic', async () => {
  const minute = new Date(Math.floor(Date.now() / 60_000) * 60_000)
  await put([{ MetricName, Dimensions, Timestamp: minute, Values: [1, 3], Counts: [1, 2], Unit: 'Seconds' }])
  await put([{ MetricName, Dimensions, Timestamp: minute, Value: 9 }])
  const results = await until(
    () => read(['Sum', 'SampleCount', 'Average', 'Minimum', 'Maximum'], minute),
    (found) => found.every((one) => one.Values?.length === 1) && found[1]?.Values?.[0] === 4,
  )
  expect(results.map((one) => one.Values)).toEqual([[16], [4], [4], [1], [9]])
})

test('a large request is sent compressed and read all the same', async () => {
  const data = Array.from({ length: 500 }, (_, index) => ({ MetricName: `Many${index}`, Dimensions, Value: index }))
  await put(data)
})

test('a metric has at most 30 dimensions, a request at most 1,000 metrics', async () => {
  const dimensions = Array.from({ length: 31 }, (_, index) => ({ Name: `d${index}`, Value: 'x' }))
  await put([{ MetricName, Dimensions: dimensions.slice(1), Value: 1 }])
  expect((await refusal(put([{ MetricName, Dimensions: dimensions, Value: 1 }]))).status).toBe(400)
  const many = Array.from({ length: 1001 }, () => ({ MetricName, Value: 1 }))
  expect((await refusal(put(many))).status).toBe(400)
})

function put(MetricData: ConstructorParameters<typeof PutMetricDataCommand>[0]['MetricData']) {
  return cloudwatch.send(new PutMetricDataCommand({ Namespace, MetricData }))
}

async function read(statistics: readonly string[], minute: Date) {
  const answer = await cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: minute,
      EndTime: new Date(Number(minute) + 60_000),
      MetricDataQueries: statistics.map((Stat) => ({
        Id: `m${Stat.toLowerCase()}`,
        MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period: 60, Stat },
      })),
    }),
  )
  return answer.MetricDataResults ?? []
}

async function until<T>(get: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 180_000
  while (true) {
    const value = await get()
    if (done(value)) return value
    if (Date.now() > deadline) throw new Error('It did not come to be in time.')
  }
}
