import type { Prisma } from '@roomlog/db'
import { AccessKeyScope, AccountId } from '@roomlog/domain'
import type pg from 'pg'
import { z } from 'zod'
import type { Tx } from '../database/transact.ts'
import { lookUp } from './look-up.ts'
import { latestCreated, type PageRange } from './page.ts'

/** A row may name scopes of a later release. They are left out, so that such a key can do less here, not nothing. */
const Scopes = z
  .array(z.string())
  .nullable()
  .transform((names) => AccessKeyScope.options.filter((scope) => names?.includes(scope)))

const Row = z
  .object({
    id: z.string(),
    accountId: AccountId,
    secretEncrypted: z.string(),
    scopes: Scopes,
    addedScopes: Scopes,
    createdAt: z.date(),
    revokedAt: z.date().nullable(),
  })
  .transform(withScopes)
export type AccessKeyRow = z.output<typeof Row>

const SELECT = {
  id: true,
  accountId: true,
  secretEncrypted: true,
  scopes: true,
  addedScopes: true,
  createdAt: true,
  revokedAt: true,
} as const satisfies Prisma.AccessKeySelect

const Usable = z
  .object({ accountId: AccountId, scopes: Scopes, addedScopes: Scopes, secretEncrypted: z.string() })
  .transform(withScopes)
const USABLE = `
select account_id as "accountId", scopes, added_scopes as "addedScopes", secret_encrypted as "secretEncrypted"
  from access_key where id = $1 and revoked_at is null`

/** What a key that may be used says of itself, its secret encrypted. */
export async function lookUpAccessKey(pool: pg.Pool, id: string): Promise<z.output<typeof Usable> | undefined> {
  const [row] = await lookUp(pool, { name: 'api-access-key', text: USABLE, values: [id] })
  return row === undefined ? undefined : Usable.parse(row)
}

export function accessKeysOf(sql: Tx) {
  const table = sql.accessKey
  return {
    /** Those that may be used. */
    async count(accountId: AccountId): Promise<number> {
      return table.count({ where: { accountId, revokedAt: null } })
    },

    async page(accountId: AccountId, range: PageRange): Promise<readonly AccessKeyRow[]> {
      const { where, ...order } = latestCreated(range)
      const rows = await table.findMany({ where: { accountId, ...where }, ...order, select: SELECT })
      return rows.map((row) => Row.parse(row))
    },

    async create({ scopes, ...key }: Omit<AccessKeyRow, 'revokedAt'>): Promise<void> {
      await table.create({ data: { ...key, ...columnsOf(scopes) }, select: { id: true } })
    },

    /** The key of this id, whosever it is, made as given where there is none; held against every other change. */
    async ensure(key: Omit<AccessKeyRow, 'revokedAt' | 'createdAt'>): Promise<AccessKeyRow> {
      const { scopes, addedScopes } = columnsOf(key.scopes)
      await sql.$executeRaw`
        insert into access_key (id, account_id, secret_encrypted, scopes, added_scopes)
        values (${key.id}, ${key.accountId}, ${key.secretEncrypted}, ${scopes}, ${addedScopes}) on conflict do nothing`
      await sql.$queryRaw`select id from access_key where id = ${key.id} for update`
      return Row.parse(await table.findUniqueOrThrow({ where: { id: key.id }, select: SELECT }))
    },

    /** Gives a key its secret and scopes anew, and makes it work again if it was revoked. */
    async renew({ id, secretEncrypted, scopes }: Pick<AccessKeyRow, 'id' | 'secretEncrypted' | 'scopes'>) {
      const data = { secretEncrypted, ...columnsOf(scopes), revokedAt: null }
      await table.update({ where: { id }, data, select: { id: true } })
    },

    /** Whether it is there; one that was revoked before stays as it was. */
    async revoke(accountId: AccountId, id: string, revokedAt: Date): Promise<boolean> {
      await table.updateMany({ where: { id, accountId, revokedAt: null }, data: { revokedAt } })
      return (await table.count({ where: { id, accountId } })) > 0
    },
  }
}

/** The first release knows these, and refuses a key whose row names another in `scopes`; it may run beside this one. */
const FIRST_SCOPES: ReadonlySet<AccessKeyScope> = new Set<AccessKeyScope>(['admin', 'chat'])

function columnsOf(scopes: readonly AccessKeyScope[]) {
  return {
    scopes: scopes.filter((scope) => FIRST_SCOPES.has(scope)),
    addedScopes: scopes.filter((scope) => !FIRST_SCOPES.has(scope)),
  }
}

function withScopes<R extends { readonly scopes: AccessKeyScope[]; readonly addedScopes: AccessKeyScope[] }>(row: R) {
  const { scopes, addedScopes, ...rest } = row
  return { ...rest, scopes: [...scopes, ...addedScopes] }
}
