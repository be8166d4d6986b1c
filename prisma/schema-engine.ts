#!/usr/bin/env node
// Prisma's schema engine without a native binary: speaks the JSON-RPC of its CLI over @prisma/schema-engine-wasm and
// adapter-pg, so that `prisma migrate` and `prisma db` work where only a package registry answers. A development tool:
// production applies migrations with src/migrate.ts.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { PrismaPg } from '@prisma/adapter-pg'
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlQuery,
  type SqlResultSet,
} from '@prisma/driver-adapter-utils'
import * as engineModule from '@prisma/schema-engine-wasm/schema_engine_bg'
import pg from 'pg'
import { z } from 'zod'

// Of Node; TypeScript has it with the types of browsers.
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ readonly instance: { readonly exports: object } }>
}

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>

const Datasource = z.object({ url: z.string().optional() })
const Request = z.object({ id: z.unknown(), method: z.string().optional(), params: z.unknown() })
// The engine reads them itself, and says what is wrong with them.
const Params = z.custom<Parameters<engineModule.SchemaEngine['devDiagnostic']>[0]>()
const Printed = z.object({ stdout: z.string(), exitCode: z.unknown() })
const Failure = z.object({ message: z.string().optional(), meta: z.unknown(), code: z.unknown() })
const AggregateFailure = z.object({ errors: z.array(z.object({ message: z.string() })) })

const isFunction = (value: unknown) => typeof value === 'function'
/** What adapter-pg's types keep to itself. */
const Inside = z.object({
  performIO: z.custom<(query: SqlQuery) => Promise<pg.QueryArrayResult>>(isFunction),
  onError: z.custom<(error: unknown) => never>(isFunction),
})
const Instance = z.object({
  __wbg_set_wasm: z.custom<(exports: object) => void>(isFunction),
  __wbindgen_start: z.custom<() => void>(isFunction),
})

const args = process.argv.slice(2)
const command = args.includes('cli') ? args[args.indexOf('cli') + 1] : undefined
const datasource = Datasource.parse(JSON.parse(optionValues('--datasource')[0] ?? '{}'))

/** The one-shot commands: look, create, drop. */
async function runCommand(name: string, url: URL): Promise<void> {
  const { schema: _, ...config } = connectionOf(url)
  const database = pg.escapeIdentifier(config.database)
  const admin = { ...config, database: 'postgres' }
  try {
    if (name === 'can-connect-to-database') await query(config, 'select 1')
    else if (name === 'create-database') await query(admin, `create database ${database}`)
    else if (name === 'drop-database') await query(admin, `drop database if exists ${database} with (force)`)
    else throw new Error(`unknown command ${name}`)
  } catch (error) {
    const { code, message } = Failure.parse(error)
    const errorCode = code === '3D000' ? 'P1003' : code === '28P01' ? 'P1000' : 'P1001'
    const several = AggregateFailure.safeParse(error)
    // The CLI drops the first line of stderr.
    log('INFO', { message: 'schema engine (wasm)' })
    log('ERROR', {
      message: message || String(several.data?.errors[0]?.message ?? error),
      error_code: errorCode,
      is_panic: false,
    })
    process.exitCode = 1
  }
}

/** The JSON-RPC session: one request a line, answered in order, until stdin ends. */
async function serve(url: URL): Promise<void> {
  await loadEngine()
  const { schema, ...plain } = connectionOf(url)
  let config: pg.PoolConfig = plain
  if (schema !== undefined && datasource.url !== undefined) {
    const name = pg.escapeIdentifier(schema)
    config = { ...plain, options: `-c search_path=${name}` }
    await query(config, `create schema if not exists ${name}`)
  }
  const datamodels = optionValues('--datamodels').map((path): [string, string] => [path, readFileSync(path, 'utf8')])
  const factory = bindMigrationAwareSqlAdapterFactory(new Factory(config, schema))
  let engine: engineModule.SchemaEngine | undefined
  const open = async () => {
    engine ??= await engineModule.SchemaEngine.new(
      { datamodels: datamodels.length > 0 ? datamodels : undefined },
      () => {},
      factory,
    )
    return engine
  }
  let queue: Promise<void> = Promise.resolve()
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })
  lines.on('line', (line) => {
    if (line.trim() !== '') queue = queue.then(() => answer(JSON.parse(line), open))
  })
  lines.on('close', () => queue.finally(() => process.exit(0)))
}

async function answer(line: unknown, open: () => Promise<engineModule.SchemaEngine>): Promise<void> {
  const request = Request.parse(line)
  if (!request.method) return
  try {
    const engine = await open()
    // These two never open a shadow database in the wasm build; they read a cache that devDiagnostic fills.
    if (request.method === 'evaluateDataLoss' || request.method === 'createMigration') {
      const { migrationsList, filters } = Params.parse(request.params)
      await engine.devDiagnostic({ migrationsList, filters })
    }
    const method = request.method === 'getDatabaseVersion' ? 'version' : request.method
    const call: unknown = Reflect.get(engine, method)
    if (typeof call !== 'function') throw new Error(`the engine has no ${method}`)
    let result: unknown = await call.call(engine, request.params)
    const printed = Printed.safeParse(result)
    if (request.method === 'diff' && printed.success) {
      send({ id: 0, method: 'print', params: { content: printed.data.stdout.replace(/\n$/, '') } })
      result = { exitCode: printed.data.exitCode }
    }
    send({ id: request.id, result: result ?? {} })
  } catch (error) {
    const { message, meta, code } = Failure.catch({ meta: undefined, code: undefined }).parse(error)
    const data = { is_panic: false, message: message ?? String(error), meta: meta ?? null, error_code: code }
    send({
      id: request.id,
      error: { code: 4466, message: 'An error happened. Check the data field for details.', data },
    })
  }
}

class Factory extends PrismaPg {
  readonly #config: pg.PoolConfig
  readonly #schema: string | undefined

  constructor(config: pg.PoolConfig, schema: string | undefined) {
    super({ ...config, max: 1 }, schema === undefined ? {} : { schema })
    this.#config = config
    this.#schema = schema
  }

  override async connect(): Promise<Adapter> {
    return adapt(await super.connect())
  }

  // adapter-pg drops the shadow database before it closes its own pool; here in the right order.
  override async connectToShadowDb(): Promise<Adapter> {
    const database = `prisma_migrate_shadow_db_${randomUUID()}`
    await query(this.#config, `create database ${pg.escapeIdentifier(database)}`)
    const options = this.#schema === undefined ? {} : { schema: this.#schema }
    const connection = adapt(await new PrismaPg({ ...this.#config, max: 1, database }, options).connect())
    if (this.#schema !== undefined) {
      await query({ ...this.#config, database }, `create schema if not exists ${pg.escapeIdentifier(this.#schema)}`)
    }
    const dispose = connection.dispose.bind(connection)
    connection.dispose = async () => {
      await dispose()
      await query(this.#config, `drop database if exists ${pg.escapeIdentifier(database)} with (force)`)
    }
    return connection
  }
}

const mapsChar = new WeakSet<object>()

/** Two repairs of adapter-pg. */
function adapt(connection: Adapter): Adapter {
  // It splits scripts on ';', which breaks $$ bodies and the implicit transaction: send them whole.
  connection.executeScript = async (sql) => {
    try {
      await connection.underlyingDriver().query(sql)
    } catch (error) {
      Inside.parse(connection).onError.call(connection, error)
    }
  }
  // It does not map the catalog's "char" type (OID 18), which the engine wants as Character.
  const queryable: { queryRaw(query: SqlQuery): Promise<SqlResultSet> } = Object.getPrototypeOf(
    Object.getPrototypeOf(connection),
  )
  const { queryRaw } = queryable
  if (mapsChar.has(queryRaw)) return connection
  queryable.queryRaw = async function (sql) {
    let chars: readonly boolean[] = []
    const { performIO: perform } = Inside.parse(this)
    const performIO = async (io: SqlQuery) => {
      const result = await perform.call(this, io)
      chars = result.fields.map((field) => field.dataTypeID === 18)
      for (const field of result.fields) if (field.dataTypeID === 18) field.dataTypeID = 25
      return result
    }
    const result = await queryRaw.call(Object.create(this, { performIO: { value: performIO } }), sql)
    return { ...result, columnTypes: result.columnTypes.map((type, i) => (chars[i] ? ColumnTypeEnum.Character : type)) }
  }
  mapsChar.add(queryable.queryRaw)
  return connection
}

async function loadEngine(): Promise<void> {
  const path = createRequire(import.meta.url)
    .resolve('@prisma/schema-engine-wasm/schema_engine_bg')
    .replace(/\.js$/, '.wasm')
  const { instance } = await WebAssembly.instantiate(readFileSync(path), {
    './schema_engine_bg.js': { ...engineModule },
  })
  Instance.shape.__wbg_set_wasm.parse(Reflect.get(engineModule, '__wbg_set_wasm'))(instance.exports)
  Instance.shape.__wbindgen_start.parse(Reflect.get(instance.exports, '__wbindgen_start'))()
  const registry = { set_message: (message: string) => log('ERROR', { message, is_panic: true }) }
  Reflect.set(globalThis, 'PRISMA_WASM_PANIC_REGISTRY', registry)
}

// Single fields, never a connectionString: that would override the name of the shadow database.
function connectionOf(url: URL) {
  const sslMode = url.searchParams.get('sslmode')
  return {
    host: decodeURIComponent(url.searchParams.get('host') ?? url.hostname),
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    database: decodeURIComponent(url.pathname.slice(1)),
    ssl: sslMode !== null && sslMode !== 'disable' ? { rejectUnauthorized: sslMode.startsWith('verify') } : undefined,
    schema: url.searchParams.get('schema') ?? undefined,
  }
}

async function query(config: pg.ClientConfig, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client(config)
  await client.connect()
  try {
    return await client.query(sql)
  } finally {
    await client.end()
  }
}

function optionValues(name: string): readonly string[] {
  return args.flatMap((arg, i) => (arg === name ? args.slice(i + 1, i + 2) : []))
}

function send(message: object): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
}

function log(level: string, fields: object): void {
  const line = { timestamp: new Date().toISOString(), level, fields, target: 'schema_engine::logger' }
  process.stderr.write(`${JSON.stringify(line)}\n`)
}

if (args.includes('--version')) process.stdout.write('schema-engine-cli wasm\n')
else if (command !== undefined) await runCommand(command, new URL(datasource.url ?? 'postgresql://localhost'))
else await serve(new URL(datasource.url ?? 'postgresql://localhost'))
