export type { RoomlogError } from '@roomlog/domain'
export { type AccessKey, createRoomlogClient, type RoomlogClient, type RoomlogClientOptions } from './client.ts'
export { isRoomlogError, type RoomlogClientError } from './error.ts'
export type { AppRouter, RoomlogInputs, RoomlogOutputs } from './router.ts'
