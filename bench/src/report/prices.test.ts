import { expect, test } from 'vitest'
import { cloudWatchLogsUsd, firehoseUsd, s3Usd } from './prices.ts'

test('a thousand puts cost half a cent', () => {
  expect(s3Usd(1_000)).toBeCloseTo(0.005)
})

test('a million records of 439 bytes cost 0.22 USD in CloudWatch Logs: bytes plus 26 an event, without the newline', () => {
  expect(cloudWatchLogsUsd({ records: 1_000_000, bytes: 439_000_000 })).toBeCloseTo((464_000_000 / 2 ** 30) * 0.5)
})

test('a million small Firehose records cost as much as a million of 5 KB', () => {
  expect(firehoseUsd(1_000_000 * 5_120)).toBeCloseTo(0.1383, 4)
})
