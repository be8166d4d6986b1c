import {
  AccountId,
  type DestinationKind,
  type DestinationVersion,
  DestinationVersionId,
  LoggingConfigurationId,
  MessageId,
  messageRecord,
  RoomId,
} from '@roomlog/domain'
import type { SinkRecord } from '../src/port.ts'

export type Sample = {
  readonly room?: string
  readonly position?: number
  readonly timeMs?: number
  /** Between one record and the next. */
  readonly stepMs?: number
}

/** Records of one room whose text needs more than one byte a character, with a fixed Id for each position. */
export function sampleRecords(
  count: number,
  { room = 'ROOM00000001', position = 1, timeMs = Date.now(), stepMs = 1 }: Sample = {},
): SinkRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const at = timeMs + index * stepMs
    const id = MessageId.parse(`M${String(position + index).padStart(11, '0')}`)
    const line = messageRecord({
      id,
      content: `message ${position + index}: "quoted" \\ \u00e9 \u65e5\u672c \u{1f600}`,
      sendTimeNs: BigInt(at) * 1_000_000n,
      sender: { userId: 'someone', attributes: { colour: 'green' } },
    })
    // Not at the start of its source, as in a batch.
    const source = Buffer.from(`before${line}behind`)
    const [start, byteLength] = ['before'.length, Buffer.byteLength(line)]
    return { roomId: RoomId.parse(room), id, position: position + index, timeMs: at, source, start, byteLength }
  })
}

export function sampleDestination(kind: DestinationKind, target: string): DestinationVersion {
  return {
    id: DestinationVersionId.parse(1),
    loggingConfigurationId: LoggingConfigurationId.parse('LOGCONFIG001'),
    accountId: AccountId.parse('123456789012'),
    region: 'us-west-2',
    kind,
    target,
  }
}

export function idsOf(records: readonly SinkRecord[]): MessageId[] {
  return records.map(({ id }) => id)
}
