import type { Prisma } from '@roomlog/db'
import {
  AccountId,
  type Destination,
  DestinationKind,
  DestinationVersionId,
  LoggingConfigurationId,
  LoggingConfigurationState,
  Tags,
} from '@roomlog/domain'
import { z } from 'zod'
import type { Tx } from '../database/transact.ts'
import { latestUpdated, type PageRange } from './page.ts'

const Row = z.object({
  id: LoggingConfigurationId,
  accountId: AccountId,
  name: z.string(),
  state: LoggingConfigurationState,
  stateReason: z.string().nullable(),
  tags: Tags,
  createdAt: z.date(),
  updatedAt: z.date(),
  destinationVersion: z.object({
    kind: DestinationKind,
    target: z.string(),
  }) satisfies z.ZodType<Destination>,
})
export type LoggingConfigurationRow = z.output<typeof Row>

const SELECT = {
  id: true,
  accountId: true,
  name: true,
  state: true,
  stateReason: true,
  tags: true,
  createdAt: true,
  updatedAt: true,
  destinationVersion: { select: { kind: true, target: true } },
} as const satisfies Prisma.LoggingConfigurationSelect

const Standing = z.object({
  id: LoggingConfigurationId,
  state: LoggingConfigurationState,
  state_reason: z.string().nullable(),
})
/** Whether a logging configuration logs, and if not, why. */
export type LoggingConfigurationStanding = z.output<typeof Standing>
const Standings = z.array(Standing)
const Pointing = z.object({
  state: LoggingConfigurationState,
  to: DestinationVersionId,
  versions: z.array(DestinationVersionId),
})
/** Where a logging configuration points now, among all places where it ever did. */
export type LoggingConfigurationPointing = z.output<typeof Pointing>
const Pointings = z.array(Pointing)

const Owing = Standing.extend({
  kind: DestinationKind,
  target: z.string(),
  versions: z.array(DestinationVersionId),
})
/** A logging configuration with all the destinations that records may still wait for. */
export type OwingConfiguration = z.output<typeof Owing>
const Owings = z.array(Owing)

const Rows = z.array(z.unknown())

/** What a change leaves out stays. */
export type LoggingConfigurationChanges = {
  readonly updatedAt: Date
  readonly name?: string | undefined
  readonly destinationVersionId?: DestinationVersionId | undefined
  /** Whether it logs from now on, or is on its way out. */
  readonly becomes?: 'ACTIVE' | 'DELETING' | undefined
}

export function loggingConfigurationsOf(sql: Tx) {
  const table = sql.loggingConfiguration
  return {
    /** One that is on its way out makes room for the next at once, however long it drains. */
    async count(accountId: AccountId): Promise<number> {
      return table.count({ where: { accountId, state: { not: 'DELETING' } } })
    },

    async find(accountId: AccountId, id: LoggingConfigurationId): Promise<LoggingConfigurationRow | undefined> {
      const row = await table.findFirst({ where: { id, accountId }, select: SELECT })
      return row === null ? undefined : Row.parse(row)
    },

    /** Holds it against every other change, attaching included. */
    async lock(accountId: AccountId, id: LoggingConfigurationId): Promise<LoggingConfigurationRow | undefined> {
      const locked = Rows.parse(
        await sql.$queryRaw`
          select id from logging_configuration where id = ${id} and account_id = ${accountId} for update`,
      )
      if (locked.length === 0) return undefined
      return Row.parse(await table.findUniqueOrThrow({ where: { id }, select: SELECT }))
    },

    /** Holds those of the account that are there against changes, not against each other's holders. */
    async hold(
      accountId: AccountId,
      ids: readonly LoggingConfigurationId[],
    ): Promise<readonly LoggingConfigurationStanding[]> {
      return Standings.parse(
        await sql.$queryRaw`
          select id, state, state_reason from logging_configuration
           where account_id = ${accountId} and id = any(${ids}::text[])
           order by id for share`,
      )
    },

    async page(accountId: AccountId, range: PageRange): Promise<readonly LoggingConfigurationRow[]> {
      const { where, ...order } = latestUpdated(range)
      const rows = await table.findMany({ where: { accountId, ...where }, ...order, select: SELECT })
      return rows.map((row) => Row.parse(row))
    },

    async pointing(
      accountId: AccountId,
      id: LoggingConfigurationId,
    ): Promise<LoggingConfigurationPointing | undefined> {
      const [row] = Pointings.parse(
        await sql.$queryRaw`
          select c.state, c.destination_version_id as "to",
                 array(select v.id from destination_version v where v.logging_configuration_id = c.id order by v.id) as versions
            from logging_configuration c where c.id = ${id} and c.account_id = ${accountId}`,
      )
      return row
    },

    /** The account's, the oldest first. */
    async owing(accountId: AccountId, take: number): Promise<readonly OwingConfiguration[]> {
      return Owings.parse(
        await sql.$queryRaw`
          select c.id, d.kind, d.target, c.state, c.state_reason,
                 array(select v.id from destination_version v
                        where v.logging_configuration_id = c.id and v.abandoned_at is null order by v.id) as versions
            from logging_configuration c join destination_version d on d.id = c.destination_version_id
           where c.account_id = ${accountId}
           order by c.created_at, c.id limit ${take}`,
      )
    },

    /** Rooms that list it. */
    async roomsOf(id: LoggingConfigurationId): Promise<number> {
      return sql.roomLoggingConfiguration.count({ where: { loggingConfigurationId: id } })
    },

    async create(
      row: Pick<LoggingConfigurationRow, 'id' | 'accountId' | 'name' | 'state' | 'tags' | 'createdAt' | 'updatedAt'> & {
        readonly destinationVersionId: DestinationVersionId
      },
    ): Promise<LoggingConfigurationRow> {
      return Row.parse(await table.create({ data: row, select: SELECT }))
    },

    async update(id: LoggingConfigurationId, changes: LoggingConfigurationChanges): Promise<LoggingConfigurationRow> {
      const { updatedAt, name, destinationVersionId, becomes } = changes
      const row = await table.update({
        where: { id },
        data: {
          updatedAt,
          ...(name === undefined ? {} : { name }),
          ...(destinationVersionId === undefined ? {} : { destinationVersionId }),
          ...(becomes === undefined ? {} : { state: becomes, stateReason: null }),
          ...(becomes === 'DELETING' ? { deletingSince: updatedAt } : {}),
        },
        select: SELECT,
      })
      return Row.parse(row)
    },

    async delete(id: LoggingConfigurationId): Promise<void> {
      await table.delete({ where: { id }, select: { id: true } })
    },
  }
}
