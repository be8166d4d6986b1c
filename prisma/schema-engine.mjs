#!/usr/bin/env node
// Prisma's schema engine without a native binary: speaks the JSON-RPC of its CLI over @prisma/schema-engine-wasm and
// adapter-pg, so that `prisma migrate` and `prisma db` work where only a package registry answers. A development tool:
// production applies migrations with src/migrate.ts.
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils'
import * as engineModule from '@prisma/schema-engine-wasm/schema_engine_bg'
import pg from 'pg'

const args = process.argv.slice(2)
const command = args.includes('cli') ? args[args.indexOf('cli') + 1] : undefined
const datasource = JSON.parse(optionValues('--datasource')[0] ?? '{}')

/** The one-shot commands: look, create, drop. */
async function runCommand(name, url) {
  const { schema: _, ...config } = connectionOf(url)
  const database = pg.escapeIdentifier(config.database)
  const admin = { ...config, database: 'postgres' }
  try {
    if (name === 'can-connect-to-database') await query(config, 'select 1')
    else if (name === 'create-database') await query(admin, `create database ${database}`)
    else if (name === 'drop-database') await query(admin, `drop database if exists ${database} with (force)`)
    else throw new Error(`unknown command ${name}`)
  } catch (error) {
    const errorCode = { '3D000': 'P1003', '28P01': 'P1000' }[error.code] ?? 'P1001'
    // The CLI drops the first line of stderr.
    log('INFO', { message: 'schema engine (wasm)' })
    log('ERROR', {
      message: error.message || String(error.errors?.[0]?.message ?? error),
      error_code: errorCode,
      is_panic: false,
    })
    process.exitCode = 1
  }
}

/** The JSON-RPC session: one request a line, answered in order, until stdin ends. */
async function serve(url) {
  await loadEngine()
  const { schema, ...config } = connectionOf(url)
  if (schema !== undefined && datasource.url !== undefined) {
    const name = pg.escapeIdentifier(schema)
    config.options = `-c search_path=${name}`
    await query(config, `create schema if not exists ${name}`)
  }
  const datamodels = optionValues('--datamodels').map((path) => [path, readFileSync(path, 'utf8')])
  const factory = bindMigrationAwareSqlAdapterFactory(new Factory(config, schema))
  let engine
  const open = async () => {
    engine ??= await engineModule.SchemaEngine.new(
      { datamodels: datamodels.length > 0 ? datamodels : undefined },
      () => {},
      factory,
    )
    return engine
  }
  let queue = Promise.resolve()
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })
  lines.on('line', (line) => {
    if (line.trim() !== '') queue = queue.then(() => answer(JSON.parse(line), open))
  })
  lines.on('close', () => queue.finally(() => process.exit(0)))
}

async function answer(request, open) {
  if (!request.method) return
  try {
    const engine = await open()
    // These two never open a shadow database in the wasm build; they read a cache that devDiagnostic fills.
    if (request.method === 'evaluateDataLoss' || request.method === 'createMigration') {
      await engine.devDiagnostic({ migrationsList: request.params.migrationsList, filters: request.params.filters })
    }
    const method = request.method === 'getDatabaseVersion' ? 'version' : request.method
    let result = await engine[method](request.params)
    if (request.method === 'diff' && typeof result?.stdout === 'string') {
      send({ id: 0, method: 'print', params: { content: result.stdout.replace(/\n$/, '') } })
      result = { exitCode: result.exitCode }
    }
    send({ id: request.id, result: result ?? {} })
  } catch (error) {
    const data = {
      is_panic: false,
      message: String(error?.message ?? error),
      meta: error?.meta ?? null,
      error_code: error?.code,
    }
    send({
      id: request.id,
      error: { code: 4466, message: 'An error happened. Check the data field for details.', data },
    })
  }
}

class Factory extends PrismaPg {
  #config
  #schema

  constructor(config, schema) {
    super({ ...config, max: 1 }, { schema })
    this.#config = config
    this.#schema = schema
  }

  async connect() {
    return adapt(await super.connect())
  }

  // adapter-pg drops the shadow database before it closes its own pool; here in the right order.
  async connectToShadowDb() {
    const database = `prisma_migrate_shadow_db_${randomUUID()}`
    await query(this.#config, `create database ${pg.escapeIdentifier(database)}`)
    const connection = adapt(
      await new PrismaPg({ ...this.#config, max: 1, database }, { schema: this.#schema }).connect(),
    )
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

/** Two repairs of adapter-pg. */
function adapt(connection) {
  // It splits scripts on ';', which breaks $$ bodies and the implicit transaction: send them whole.
  connection.executeScript = async (sql) => {
    try {
      await connection.client.query(sql)
    } catch (error) {
      connection.onError(error)
    }
  }
  // It does not map the catalog's "char" type (OID 18), which the engine wants as Character.
  const queryable = Object.getPrototypeOf(Object.getPrototypeOf(connection))
  if (queryable.mapsChar) return connection
  queryable.mapsChar = true
  const { queryRaw } = queryable
  queryable.queryRaw = async function (sql) {
    let chars = []
    const performIO = async (io) => {
      const result = await this.performIO(io)
      chars = result.fields.map((field) => field.dataTypeID === 18)
      for (const field of result.fields) if (field.dataTypeID === 18) field.dataTypeID = 25
      return result
    }
    const result = await queryRaw.call(Object.create(this, { performIO: { value: performIO } }), sql)
    return { ...result, columnTypes: result.columnTypes.map((type, i) => (chars[i] ? ColumnTypeEnum.Character : type)) }
  }
  return connection
}

async function loadEngine() {
  const path = createRequire(import.meta.url)
    .resolve('@prisma/schema-engine-wasm/schema_engine_bg')
    .replace(/\.js$/, '.wasm')
  const { instance } = await WebAssembly.instantiate(readFileSync(path), { './schema_engine_bg.js': engineModule })
  engineModule.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start()
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => log('ERROR', { message, is_panic: true }) }
}

// Single fields, never a connectionString: that would override the name of the shadow database.
function connectionOf(url) {
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

async function query(config, sql) {
  const client = new pg.Client(config)
  await client.connect()
  try {
    return await client.query(sql)
  } finally {
    await client.end()
  }
}

function optionValues(name) {
  return args.flatMap((arg, i) => (arg === name && args[i + 1] !== undefined ? [args[i + 1]] : []))
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
}

function log(level, fields) {
  const line = { timestamp: new Date().toISOString(), level, fields, target: 'schema_engine::logger' }
  process.stderr.write(`${JSON.stringify(line)}\n`)
}

if (args.includes('--version')) process.stdout.write('schema-engine-cli wasm\n')
else if (command !== undefined) await runCommand(command, new URL(datasource.url))
else await serve(new URL(datasource.url ?? 'postgresql://localhost'))
