import type { AccountId } from '@roomlog/domain'
import type { Tx } from '../database/transact.ts'

export function accountsOf(sql: Tx) {
  return {
    /** Makes the account, if it is not there. */
    async ensure(id: AccountId): Promise<void> {
      await sql.$executeRaw`insert into account (id) values (${id}) on conflict do nothing`
    },

    /** Makes the account's creations take turns, so that a quota counts exactly. */
    async lock(id: AccountId): Promise<void> {
      await sql.$queryRaw`select id from account where id = ${id} for no key update`
    },
  }
}
