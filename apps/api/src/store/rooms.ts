import type { Prisma } from '@roomlog/db'
import {
  AccountId,
  LoggingConfigurationId,
  LoggingConfigurationState,
  type MessageReviewHandler,
  RoomId,
  Tags,
} from '@roomlog/domain'
import { z } from 'zod'
import type { Tx } from '../database/transact.ts'
import { latestUpdated, type PageRange } from './page.ts'

const Row = z.object({
  id: RoomId,
  accountId: AccountId,
  name: z.string(),
  maximumMessageRatePerSecond: z.int(),
  maximumMessageLength: z.int(),
  /** Null where there never was a handler; empty where it was taken off. */
  reviewHandlerUri: z.string().nullable(),
  reviewHandlerFallbackResult: z.enum(['ALLOW', 'DENY']).nullable(),
  tags: Tags,
  createdAt: z.date(),
  updatedAt: z.date(),
  loggingConfigurations: z.array(
    z.object({
      loggingConfigurationId: LoggingConfigurationId,
      loggingConfiguration: z.object({ state: LoggingConfigurationState, stateReason: z.string().nullable() }),
    }),
  ),
})
export type RoomRow = z.output<typeof Row>

const SELECT = {
  id: true,
  accountId: true,
  name: true,
  maximumMessageRatePerSecond: true,
  maximumMessageLength: true,
  reviewHandlerUri: true,
  reviewHandlerFallbackResult: true,
  tags: true,
  createdAt: true,
  updatedAt: true,
  loggingConfigurations: {
    select: { loggingConfigurationId: true, loggingConfiguration: { select: { state: true, stateReason: true } } },
    orderBy: { ordinal: 'asc' },
  },
} as const satisfies Prisma.RoomSelect

const Rows = z.array(z.unknown())

type RoomFilter = {
  readonly name: string | undefined
  readonly reviewHandlerUri: string | undefined
  readonly loggingConfigurationId: LoggingConfigurationId | undefined
}

type NewRoom = Pick<
  RoomRow,
  'id' | 'accountId' | 'name' | 'maximumMessageRatePerSecond' | 'maximumMessageLength' | 'tags' | 'createdAt'
> & {
  readonly reviewHandler: MessageReviewHandler | undefined
  readonly lists: readonly LoggingConfigurationId[]
}

/** What a change leaves out stays; `lists` replaces the whole list. */
type RoomChanges = { readonly updatedAt: Date } & {
  readonly [K in 'name' | 'maximumMessageRatePerSecond' | 'maximumMessageLength' | 'reviewHandler' | 'lists']:
    | NewRoom[K]
    | undefined
}

export function roomsOf(sql: Tx) {
  return {
    async count(accountId: AccountId): Promise<number> {
      return sql.room.count({ where: { accountId } })
    },

    async find(accountId: AccountId, id: RoomId): Promise<RoomRow | undefined> {
      const row = await sql.room.findFirst({ where: { id, accountId }, select: SELECT })
      return row === null ? undefined : Row.parse(row)
    },

    /** Holds it against every other change. */
    async lock(accountId: AccountId, id: RoomId): Promise<RoomRow | undefined> {
      const locked = Rows.parse(
        await sql.$queryRaw`select id from room where id = ${id} and account_id = ${accountId} for update`,
      )
      if (locked.length === 0) return undefined
      return Row.parse(await sql.room.findUniqueOrThrow({ where: { id }, select: SELECT }))
    },

    async page(accountId: AccountId, filter: RoomFilter, range: PageRange): Promise<readonly RoomRow[]> {
      const { name, reviewHandlerUri, loggingConfigurationId } = filter
      const { where, ...order } = latestUpdated(range)
      const rows = await sql.room.findMany({
        where: {
          accountId,
          ...(name === undefined ? {} : { name }),
          ...(reviewHandlerUri === undefined ? {} : { reviewHandlerUri }),
          ...(loggingConfigurationId === undefined
            ? {}
            : { loggingConfigurations: { some: { loggingConfigurationId } } }),
          ...where,
        },
        ...order,
        select: SELECT,
      })
      return rows.map((row) => Row.parse(row))
    },

    async create({ reviewHandler, lists, ...room }: NewRoom): Promise<RoomRow> {
      const row = await sql.room.create({
        data: {
          ...room,
          updatedAt: room.createdAt,
          ...(reviewHandler === undefined ? {} : handlerColumns(reviewHandler)),
          loggingConfigurations: { create: listedRows(lists) },
        },
        select: SELECT,
      })
      return Row.parse(row)
    },

    async update(id: RoomId, changes: RoomChanges): Promise<RoomRow> {
      const { updatedAt, name, maximumMessageRatePerSecond, maximumMessageLength, reviewHandler, lists } = changes
      if (lists !== undefined) await sql.roomLoggingConfiguration.deleteMany({ where: { roomId: id } })
      const row = await sql.room.update({
        where: { id },
        data: {
          updatedAt,
          ...(name === undefined ? {} : { name }),
          ...(maximumMessageRatePerSecond === undefined ? {} : { maximumMessageRatePerSecond }),
          ...(maximumMessageLength === undefined ? {} : { maximumMessageLength }),
          ...(reviewHandler === undefined ? {} : handlerColumns(reviewHandler)),
          ...(lists === undefined ? {} : { loggingConfigurations: { create: listedRows(lists) } }),
        },
        select: SELECT,
      })
      return Row.parse(row)
    },

    /** Whether it was there. */
    async delete(accountId: AccountId, id: RoomId): Promise<boolean> {
      const { count } = await sql.room.deleteMany({ where: { id, accountId } })
      return count > 0
    },
  }
}

function handlerColumns({ uri, fallbackResult }: MessageReviewHandler) {
  return { reviewHandlerUri: uri, reviewHandlerFallbackResult: fallbackResult }
}

/** The room's list as rows, in its order. */
function listedRows(ids: readonly LoggingConfigurationId[]) {
  return ids.map((loggingConfigurationId, ordinal) => ({ loggingConfigurationId, ordinal }))
}
