import {
  AccountId,
  type DestinationKind,
  type DestinationVersion,
  DestinationVersionId,
  LoggingConfigurationId,
} from '@roomlog/domain'
import { lineOf, type Sink } from '@roomlog/sinks'
import { describeSink, type Harness, type Trouble } from '@roomlog/sinks/contract'
import { Census } from './census.ts'
import type { Fault } from './faults.ts'
import { Life } from './life.ts'
import { createSimulatedSink } from './sink.ts'
import { Store } from './store.ts'
import { SimulatedTime } from './time.ts'

const FAULTS: Readonly<Record<Trouble, Fault>> = {
  throttled: 'throttled',
  error500: 'lost-before',
  html502: 'lost-after',
  denied: 'refused',
  lost: 'lost-after',
  hang: 'hang',
}

for (const kind of ['s3', 'cloudWatchLogs', 'firehose'] as const) {
  describeSink(`simulated ${kind}`, async () => startHarness(kind))
}

/** Simulated stores as the contract wants to see a service; time passes while a call is waited for. */
function startHarness(kind: DestinationKind): Harness {
  const time = new SimulatedTime()
  let store = new Store(kind, 'none')
  let next: Fault | undefined

  function sinkTo(always: Fault | undefined): Sink {
    store = new Store(kind, 'target')
    next = undefined
    const weather = () => {
      const fault = next ?? always
      next = undefined
      return { latencyMs: 20, fault }
    }
    const sink = createSimulatedSink({
      version: versionOf(kind),
      store,
      life: new Life(time),
      time,
      weather,
      poisonOf: () => undefined,
      random: () => 0,
      callRecordsMax: 1_000,
      census: new Census(),
      readLagMs: 500,
      lateMs: 1_500,
      at() {},
    })
    const { recall } = sink
    return {
      ...sink,
      write: (...given) => meanwhile(sink.write(...given)),
      check: (...given) => meanwhile(sink.check(...given)),
      ...(recall && { recall: (...given) => meanwhile(recall(...given)) }),
    }
  }

  async function meanwhile<T>(answer: Promise<T>): Promise<T> {
    await time.advance(5_000)
    return answer
  }

  return {
    create: async () => sinkTo(undefined),
    createMissing: async () => sinkTo('missing'),
    contents: async () => store.records().map(lineOf),
    trouble: async (what) => {
      next = FAULTS[what]
    },
    close: async () => {},
  }
}

function versionOf(kind: DestinationKind): DestinationVersion {
  return {
    id: DestinationVersionId.parse(1),
    loggingConfigurationId: LoggingConfigurationId.parse('LOGCONFIG001'),
    accountId: AccountId.parse('123456789012'),
    region: 'us-east-1',
    kind,
    target: 'target',
  }
}
