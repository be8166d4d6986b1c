import pg from 'pg'
import { z } from 'zod'
import { SCHEMA } from './connection-url.ts'
import { MigrationError } from './migration-error.ts'

const Role = z.tuple([
  z.object({
    role: z.string(),
    owner: z.string().nullable(),
    mayUse: z.boolean().nullable(),
    lacking: z.array(z.string()),
  }),
])

// Api and writer read and change rows everywhere. The list of migrations is only read.
const LOOK = `
select current_user::text as role, owner.rolname::text as owner,
       has_schema_privilege(n.oid, 'usage') as "mayUse",
       array(select c.relname::text from pg_class c
              where c.relnamespace = n.oid
                and case c.relkind
                      when 'S' then not has_sequence_privilege(c.oid, 'usage')
                      when 'r' then not has_table_privilege(c.oid, 'select') or c.relname <> '_prisma_migrations' and not (
                        has_table_privilege(c.oid, 'insert') and has_table_privilege(c.oid, 'update')
                        and has_table_privilege(c.oid, 'delete'))
                      else false end
              order by 1) as lacking
  from (select to_regnamespace('${SCHEMA}')::oid) as wanted(oid)
  left join pg_namespace n on n.oid = wanted.oid
  left join pg_roles owner on owner.oid = n.nspowner`

/** Refuses a role that may not use what is in the schema, and says the grants that it needs. Before a schema there is nothing to refuse. */
export async function requireRights(session: pg.Client): Promise<void> {
  const [{ role, owner, mayUse, lacking }] = Role.parse((await session.query(LOOK)).rows)
  if (mayUse === null || (mayUse && lacking.length === 0)) return
  const what = mayUse ? `it lacks rights on ${lacking.join(', ')}` : 'it may not use the schema'
  throw new MigrationError(
    'not-allowed',
    [
      `The role "${role}" may not do in the schema "${SCHEMA}" what Roomlog does there: ${what}.`,
      `Let the owner of the schema${owner === null ? '' : ` ("${owner}")`} run:`,
      ...grantsFor(pg.escapeIdentifier(role)).map((grant) => `  ${grant};`),
    ].join('\n'),
  )
}

// The last two are for what later migrations make.
function grantsFor(role: string): readonly string[] {
  return [
    `grant usage on schema ${SCHEMA} to ${role}`,
    `grant select, insert, update, delete on all tables in schema ${SCHEMA} to ${role}`,
    `grant usage on all sequences in schema ${SCHEMA} to ${role}`,
    `alter default privileges in schema ${SCHEMA} grant select, insert, update, delete on tables to ${role}`,
    `alter default privileges in schema ${SCHEMA} grant usage on sequences to ${role}`,
  ]
}
