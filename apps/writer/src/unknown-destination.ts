import { AccountId, type DestinationVersionId, LoggingConfigurationId } from '@roomlog/domain'
import type { Failure } from '@roomlog/sinks'
import type { Cycle, CycleEnd, Delivery } from './lane/delivery.ts'
import type { Destination, LanePolicy } from './lane/destination.ts'
import { Refusals } from './lane/refusals.ts'

const NOBODY = {
  loggingConfigurationId: LoggingConfigurationId.parse('000000000000'),
  accountId: AccountId.parse('000000000000'),
}

/**
 * Stands for a destination version that records are addressed to and that the database does not know (its row was deleted, or
 * only a part of the database was restored). Its lane is held like that of any destination that a person must mend, and so
 * keeps its records in the journal; everything else goes on.
 */
export function unknownDestination(
  id: DestinationVersionId,
  { waits, delivery }: Pick<LanePolicy, 'waits' | 'delivery'>,
): Destination {
  const failure: Failure = {
    class: 'missing',
    name: 'UnknownDestination',
    message:
      `The database has no destination version ${id}, so nobody can say where its records go; they wait in the journal. ` +
      'Restore its row in the table destination_version; with abandoned_at set, its records are given up.',
    metric: 'LogDestinationErrors',
  }
  return {
    version: { id, ...NOBODY, region: '', kind: 'firehose', target: 'unknown' },
    madeAtMs: 0,
    sink: {
      kind: 'firehose',
      limits: { recordsMax: 1, bytesMax: 1, overheadBytes: 0, recordBytesMax: 1, spanMaxMs: 0 },
      write: async () => ({ status: 'refused', scope: 'destination', failure }),
      check: async () => ({ status: 'failed', failure }),
    },
    policy: {
      flushAfterMs: 0,
      // What is gathered goes nowhere.
      cycleBytesMax: 1,
      cycleRecordsMax: 1,
      intents: false,
      patience: 1,
      attemptTimeoutMs: 1_000,
      waits,
      delivery,
      deliver,
    },
    refusals: new Refusals(),
    isSetAside: async () => false,
    limited: (task) => task(),
  }
}

/** The refusal is what the lane is to learn; the cycle is read again when it is asked for next. */
async function deliver(delivery: Delivery, cycle: Cycle): Promise<CycleEnd> {
  const { status } = await delivery.write(cycle.records.all())
  return { status: status === 'stopped' ? 'stopped' : 'dropped' }
}
