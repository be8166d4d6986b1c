export * from './access-key.ts'
export * from './arn.ts'
export {
  type BelievedTime,
  believedNs,
  CLOCKS_AGREE_AT_START_MS,
  CLOCKS_AGREE_MS,
  hearTime,
  type TimeWitnesses,
  timeDoubt,
} from './believed-time.ts'
export * from './chat.ts'
export * from './contract.ts'
export * from './delivery.ts'
export * from './destination.ts'
export * from './error.ts'
export {
  AccountId,
  DestinationVersionId,
  isMessageId,
  LoggingConfigurationId,
  MessageId,
  type NewId,
  newDestinationVersionId,
  newId,
  RoomId,
} from './id.ts'
export { IdempotencyKey, isIdempotencyKey } from './idempotency-key.ts'
export { jsonSizeFault } from './json-size.ts'
export * from './limits.ts'
export * from './logging-configuration.ts'
export { createMessageReader, type MessageReader } from './message-reader.ts'
export { type MessageToSend, toSend, WrittenMessage } from './message-to-send.ts'
export { Nothing } from './nothing.ts'
export { hourFolder, logStreamName, objectKey, type RunStart, runStartOf } from './object-key.ts'
export { COMMON_ERRORS, type OperationEntry } from './operation.ts'
export { isPlainCall, isPlainMessage } from './plain-message.ts'
export { QUOTAS } from './quotas.ts'
export {
  deleteMessageAttributes,
  disconnectUserAttributes,
  type EventToRecord,
  eventRecord,
  type MessageToRecord,
  messageRecord,
  RECORD_VERSION,
  recordId,
} from './record.ts'
export { fail, ok, type Result } from './result.ts'
export * from './room.ts'
export * from './scope.ts'
export { formatEventTimestamp, formatSendTime, type RecordTime, recordTime, recordTimes } from './send-time.ts'
export { EventAttributes, MessageAttributes, Tags } from './string-map.ts'
export * from './tags.ts'
export { codePoints, StoredText, storable } from './text.ts'
export { validationError } from './validation.ts'
export { unknownVariables, VARIABLES } from './variables.ts'
