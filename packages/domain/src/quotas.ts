/**
 * What one account may do in one region at IVS Chat (docs.aws.amazon.com/ivs/latest/ChatUserGuide/service-quotas.html).
 * Rates are requests a second; those of an operation apply to each operation by itself.
 */
export const QUOTAS = {
  /** Each of create, delete, get, list, update. */
  roomOperationsPerSecond: 5,
  /** Each of create, delete, get, list, update. */
  loggingConfigurationOperationsPerSecond: 3,
  /** Each of list, add, remove. */
  tagOperationsPerSecond: 10,
  deleteMessagesPerSecond: 100,
  disconnectUsersPerSecond: 100,
  sendEventsPerSecond: 100,
  createChatTokensPerSecond: 200,
  /** Over all rooms. */
  sendMessagesPerSecond: 1000,
  /** Of one room: the most that its `maximumMessageRatePerSecond` can say. */
  sendMessagesPerSecondPerRoom: 100,
  messagingRequestsPerSecondPerConnection: 10,
  concurrentChatConnections: 50_000,
  rooms: 50_000,
  loggingConfigurations: 10,
  loggingConfigurationsPerRoom: 3,
  tagsPerResource: 50,
  reviewHandlerTimeoutMs: 200,
} as const
