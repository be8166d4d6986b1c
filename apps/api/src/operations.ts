import type {
  AccessKeyScope,
  AccountId,
  AddTagsInput,
  CreateAccessKeyInput,
  CreateAccessKeyOutput,
  CreateLoggingConfigurationInput,
  CreateRoomInput,
  DeleteLoggingConfigurationInput,
  DeleteMessageInput,
  DeleteMessageOutput,
  DeleteRoomInput,
  DeliveryStatusInput,
  DeliveryStatusOutput,
  DiscardDeadLettersInput,
  DiscardDeadLettersOutput,
  DisconnectUserInput,
  GetLoggingConfigurationInput,
  GetRoomInput,
  ListAccessKeysInput,
  ListAccessKeysOutput,
  ListDeadLettersInput,
  ListDeadLettersOutput,
  ListLoggingConfigurationsInput,
  ListLoggingConfigurationsOutput,
  ListRoomsInput,
  ListRoomsOutput,
  ListTagsInput,
  ListTagsOutput,
  LoggingConfiguration,
  RedriveDeadLettersInput,
  RedriveDeadLettersOutput,
  RemoveTagsInput,
  Result,
  RevokeAccessKeyInput,
  Room,
  SendEventInput,
  SendEventOutput,
  SendMessageInput,
  SendMessageOutput,
  SendMessagesInput,
  SendMessagesOutput,
  SetAsideInput,
  UpdateLoggingConfigurationInput,
  UpdateRoomInput,
  WrittenMessage,
} from '@roomlog/domain'

/** Who is asking, once that is known. */
export type Caller = {
  readonly accountId: AccountId
  readonly scopes: readonly AccessKeyScope[]
  readonly signal?: AbortSignal | undefined
}

/** What a look-up will tell, and who this was before, by a key that must be read again; else it is a stranger so far. */
export type LookedUp = { readonly answer: Promise<Result<Caller>>; readonly lastKnownAs: AccountId | undefined }

export type OperationName =
  | `room.${'create' | 'get' | 'list' | 'update' | 'delete'}`
  | `loggingConfiguration.${'create' | 'get' | 'list' | 'update' | 'delete'}`
  | `chat.${'sendMessage' | 'sendMessages' | 'sendEvent' | 'deleteMessage' | 'disconnectUser'}`
  | `tags.${'list' | 'add' | 'remove'}`
  | `accessKey.${'create' | 'list' | 'revoke'}`
  | `delivery.${'status' | 'setAside' | 'deadLetters' | 'redrive' | 'discardDeadLetters'}`

/** What a call that has nothing to tell answers. */
export type Nothing = Readonly<Record<string, never>>

type Operation<I, O> = (caller: Caller, input: I) => Promise<Result<O>>

/**
 * All that a front door needs: learn who asks, from the headers alone; admit each call (scope, rate); check the input
 * with the schema of its name; perform.
 * Nothing here throws; this file names domain types alone, because the client's types are made of it.
 */
export type Operations = {
  /** Whose key the header `Authorization` has; at once where the key is known, else after a look-up. */
  readonly identify: (authorization: string | undefined) => Result<Caller> | LookedUp
  readonly admit: (name: OperationName, caller: Caller) => Result<Caller>
  readonly room: {
    readonly create: Operation<CreateRoomInput, Room>
    readonly get: Operation<GetRoomInput, Room>
    readonly list: Operation<ListRoomsInput, ListRoomsOutput>
    readonly update: Operation<UpdateRoomInput, Room>
    readonly delete: Operation<DeleteRoomInput, Nothing>
  }
  readonly loggingConfiguration: {
    readonly create: Operation<CreateLoggingConfigurationInput, LoggingConfiguration>
    readonly get: Operation<GetLoggingConfigurationInput, LoggingConfiguration>
    readonly list: Operation<ListLoggingConfigurationsInput, ListLoggingConfigurationsOutput>
    readonly update: Operation<UpdateLoggingConfigurationInput, LoggingConfiguration>
    readonly delete: Operation<DeleteLoggingConfigurationInput, Nothing>
  }
  readonly chat: {
    readonly sendMessage: Operation<SendMessageInput | WrittenMessage, SendMessageOutput>
    readonly sendMessages: Operation<SendMessagesInput, SendMessagesOutput>
    readonly sendEvent: Operation<SendEventInput, SendEventOutput>
    readonly deleteMessage: Operation<DeleteMessageInput, DeleteMessageOutput>
    readonly disconnectUser: Operation<DisconnectUserInput, Nothing>
  }
  readonly tags: {
    readonly list: Operation<ListTagsInput, ListTagsOutput>
    readonly add: Operation<AddTagsInput, Nothing>
    readonly remove: Operation<RemoveTagsInput, Nothing>
  }
  readonly accessKey: {
    readonly create: Operation<CreateAccessKeyInput, CreateAccessKeyOutput>
    readonly list: Operation<ListAccessKeysInput, ListAccessKeysOutput>
    readonly revoke: Operation<RevokeAccessKeyInput, Nothing>
  }
  readonly delivery: {
    readonly status: Operation<DeliveryStatusInput, DeliveryStatusOutput>
    readonly deadLetters: Operation<ListDeadLettersInput, ListDeadLettersOutput>
    readonly redrive: Operation<RedriveDeadLettersInput, RedriveDeadLettersOutput>
    readonly setAside: Operation<SetAsideInput, Nothing>
    readonly discardDeadLetters: Operation<DiscardDeadLettersInput, DiscardDeadLettersOutput>
  }
}
