import { AccountId, DestinationVersionId, LoggingConfigurationId } from '@roomlog/domain'
import { expect, test } from 'vitest'
import { SimulatedTime } from '../test/simulation/time.ts'
import type { TroubleState } from './lane/trouble.ts'
import { createReports } from './reports.ts'

const version = {
  id: DestinationVersionId.parse(7),
  loggingConfigurationId: LoggingConfigurationId.parse('config000001'),
  accountId: AccountId.parse('123456789012'),
  region: 'us-east-1',
  kind: 's3',
  target: 'chat-logs',
} as const
const about = { configuration: 'config000001', destination: 'chat-logs', kind: 's3', destinationVersionId: 7 }
const flowing: TroubleState = { state: 'flowing', errorName: undefined, lastError: undefined, nextProbeAtMs: undefined }
const sick = (state: 'retrying' | 'held', errorName: string): TroubleState => ({
  ...{ state, errorName, lastError: `${errorName}: words`, nextProbeAtMs: 2_000 },
})

function start() {
  const time = new SimulatedTime()
  const lines: { level: string; event: unknown; facts: object }[] = []
  const at = (level: string) => (facts: object) => {
    lines.push({ level, event: 'event' in facts ? facts.event : undefined, facts })
  }
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  const clock = {
    nowMs: () => time.nowMs,
    monotonicMs: () => time.nowMs,
    after: (ms: number, run: () => void) => time.after(ms, run),
  }
  const reports = createReports({ clock, log })
  return { time, reports, lines, events: () => lines.map(({ level, event }) => `${level} ${event}`) }
}

test('sixteen lanes that go through the same make one line for each change, with all that a person needs', () => {
  const { reports, lines, events } = start()
  const lanes = Array.from({ length: 16 }, () => reports.lane(version))
  for (const lane of lanes) lane.state(sick('retrying', 'SlowDown'))
  for (const lane of lanes) lane.state(sick('held', 'AccessDenied'))
  // Each probe that fails is told too, and makes no line.
  for (const lane of lanes) lane.state(sick('held', 'AccessDenied'))
  expect(events()).toEqual(['warn destination.retrying', 'error destination.held'])
  const reason = { reason: 'AccessDenied: words', error: 'AccessDenied', nextProbe: '1970-01-01T00:00:02.000Z' }
  expect(lines[1]?.facts).toEqual({ event: 'destination.held', ...about, ...reason })
  expect(reports.troubles()).toEqual([{ event: 'destination.held', ...about, ...reason }])
  for (const lane of lanes.slice(1)) lane.state(flowing)
  expect(events()).toHaveLength(2)
  lanes[0]?.state(flowing)
  expect(events().slice(2)).toEqual(['info destination.recovered'])
  expect(reports.troubles()).toEqual([])
  lanes[3]?.state(sick('held', 'NoSuchBucket'))
  expect(events().slice(3)).toEqual(['error destination.held'])
})

test('a lane that another writer takes over has not recovered', () => {
  const { reports, events } = start()
  const lane = reports.lane(version)
  lane.state(sick('held', 'AccessDenied'))
  lane.end()
  expect(events()).toEqual(['error destination.held'])
  expect(reports.troubles()).toEqual([])
})

test('a lane is still listened to when another one of its destination has ended', () => {
  const { reports } = start()
  const [one, other] = [reports.lane(version), reports.lane(version)]
  one.end()
  other.state(sick('held', 'AccessDenied'))
  expect(reports.troubles()).toHaveLength(1)
})

test('buried records are told at once, those of the next minute together, and shown for an hour', async () => {
  const { time, reports, lines } = start()
  const lane = reports.lane(version)
  lane.buried(1, 'too old')
  for (let n = 0; n < 5; n++) lane.buried(2, 'too new')
  const told = () => lines.map(({ level, facts }) => ({ level, ...facts }))
  const line = { level: 'error', event: 'record.buried', ...about }
  expect(told()).toEqual([{ ...line, records: 1, reason: 'too old' }])
  await time.advance(60_000)
  expect(told().slice(1)).toEqual([{ ...line, records: 10, reason: 'too new' }])
  expect(reports.troubles()).toMatchObject([{ event: 'record.buried', ...about, records: 11, reason: 'too new' }])
  lane.buried(3, 'too large')
  reports.close()
  expect(told().slice(2)).toEqual([{ ...line, records: 3, reason: 'too large' }])
  await time.advance(3_600_000)
  expect(reports.troubles()).toEqual([])
})
