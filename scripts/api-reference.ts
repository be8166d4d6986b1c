import { COMMON_ERRORS, CONTRACT, httpStatusOf, OPERATION_NAMES, type OperationEntry } from '@roomlog/domain'
import { z } from 'zod'

/** docs/api.md: what the contract says of each operation, for people. */
export function apiReference(): string {
  const groupOf = (name: string) => name.slice(0, name.indexOf('.'))
  const sections = [...new Set(OPERATION_NAMES.map(groupOf))].map((group) =>
    [`## ${group}`, ...OPERATION_NAMES.filter((name) => groupOf(name) === group).map(section)].join('\n\n'),
  )
  return `${[HEAD, ...sections].join('\n\n')}\n`
}

const HEAD = `# API reference

<!-- Made from the contract in packages/domain; \`pnpm test:unit api-reference -u\` writes it anew. -->

Every operation is a tRPC procedure at \`/trpc/<name>\`: queries by GET with \`?input=<JSON>\`, mutations by POST with a JSON
body, both with \`Authorization: Bearer <accessKeyId>.<secretAccessKey>\`. [\`@roomlog/client\`](../packages/client/README.md) has
them typed. An answer is \`{"result":{"data":…}}\`; a refusal is \`{"error":{"data":{"ivs":{"name":…,"message":…}}}}\` with the
status of its error. Times are ISO 8601 strings in UTC.

A key needs one of the scopes that an operation names; \`admin\` has all of them but \`operator\`. A rate is counted for each
account and api process, and \`ROOMLOG_RATE_<name>\` changes it.

Answers have the header \`roomlog-idempotency-key: honoured\` while every api of the deployment records an \`idempotencyKey\`, so that a
call with one may be made again ([what that promises](delivery.md#asked-for-again)).

Any call may be refused with: ${COMMON_ERRORS.map(errorWord).join(', ')}.`

function section(name: (typeof OPERATION_NAMES)[number]): string {
  const entry: OperationEntry = CONTRACT[name]
  const { kind, scopes, rate, ivsName, description, errors, example } = entry
  const facts = [
    ['Kind', kind],
    ['Scope', scopes.map(code).join(' or ')],
    [
      'Rate',
      `${code(rate.name)}, ${rate.perSecond} ${rate.counts} a second${rate.counts === 'messages' ? ', and the rate of the room' : ''}`,
    ],
    ...(ivsName === undefined ? [] : [['At IVS Chat', code(ivsName)]]),
    ...(errors.length === 0 ? [] : [['Errors', errors.map(errorWord).join(', ')]]),
  ]
  return [
    `### ${name}`,
    description,
    facts.map(([title, text]) => `- ${title}: ${text}`).join('\n'),
    members('Input', z.toJSONSchema(entry.input, { io: 'input', unrepresentable: 'any' })),
    members('Answer', z.toJSONSchema(entry.output, { io: 'output', unrepresentable: 'any' })),
    ['```json', JSON.stringify(example.input), JSON.stringify(example.output), '```'].join('\n'),
  ].join('\n\n')
}

type Schema = z.core.JSONSchema.BaseSchema

/** A table of an object's members, or a line where it has none. */
function members(title: string, schema: Schema): string {
  const rows = rowsOf(schema, '')
  if (rows.length === 0) return `${title}: \`{}\``
  return [`| ${title} | | |`, '| --- | --- | --- |', ...rows].join('\n')
}

function rowsOf(schema: Schema, prefix: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, member]) => {
    if (typeof member === 'boolean') return []
    const name = `${prefix}${key}`
    const inner = member.type === 'array' ? itemOf(member) : member
    const choices = inner?.anyOf ?? [inner]
    const nested = choices.flatMap((choice) =>
      typeof choice === 'object' ? rowsOf(choice, member.type === 'array' ? `${name}[].` : `${name}.`) : [],
    )
    const needed = schema.required?.includes(key) === true ? '' : 'optional'
    return [`| ${code(name)} | ${typeOf(member)} | ${[needed, noteOf(member)].filter(Boolean).join('; ')} |`, ...nested]
  })
}

function itemOf({ items }: Schema): Schema | undefined {
  return typeof items === 'object' && !Array.isArray(items) ? items : undefined
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(' ')
  if (schema.type === 'array') return `list of ${typeOf(itemOf(schema) ?? {})}`
  if (schema.anyOf !== undefined) {
    const types = schema.anyOf.map((choice) => (typeof choice === 'object' ? typeOf(choice) : 'any'))
    return [...new Set(types)].join(' or ')
  }
  return String(schema.type ?? 'object')
}

function noteOf(schema: Schema): string {
  const { description, minLength, maxLength, minimum, maximum, minItems, maxItems } = schema
  return [
    description,
    range(minLength, maxLength, 'characters'),
    range(minimum, maximum, ''),
    range(minItems, maxItems, 'items'),
    schema.default === undefined ? undefined : `${code(JSON.stringify(schema.default))} if left out`,
  ]
    .filter((note) => note !== undefined)
    .join('; ')
}

/** Bounds that only say what a safe integer is are no news. */
function range(min: number | undefined, max: number | undefined, unit: string): string | undefined {
  const from = min === undefined || min === Number.MIN_SAFE_INTEGER ? undefined : min
  const to = max === undefined || max === Number.MAX_SAFE_INTEGER ? undefined : max
  if (from === undefined && to === undefined) return undefined
  const words = to === undefined ? `at least ${from}` : from === undefined ? `at most ${to}` : `${from} to ${to}`
  return [words, unit].filter(Boolean).join(' ')
}

function errorWord(name: Parameters<typeof httpStatusOf>[0]['name']): string {
  return `${code(name)} (${httpStatusOf({ name })})`
}

function code(text: string): string {
  return `\`${text}\``
}
