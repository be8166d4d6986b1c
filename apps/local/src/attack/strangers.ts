import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { count } from '../demo/report.ts'
import { LOCAL_REGION } from '../start.ts'
import { told } from './floods.ts'
import type { Played } from './judge.ts'
import { BAD_ACCOUNT, type Stage } from './stage.ts'
import { hammer, post } from './wire.ts'

const FLOOD_MS = 8_000
const CONNECTIONS = 64
/** Postgres tells of its scans a moment later. */
const STATISTICS_MS = 1_500
/** Somewhat more than ROOMLOG_RATE_UNKNOWN_KEYS lets through by itself. */
const UNKNOWN_KEYS_PER_SECOND_MAX = 150
/** As many as an account may send messages, and the good account's own. */
const UNKNOWN_ROOMS_PER_SECOND_MAX = 1_300

/** Calls with keys that are nobody's, another one each time. */
export async function unknownKeys(stage: Stage): Promise<Played> {
  const body = JSON.stringify({ roomIdentifier: arnOf('AbsentAbsent'), sender: { userId: 'x' }, content: 'x' })
  return countLookUps(stage, 'access_key', UNKNOWN_KEYS_PER_SECOND_MAX, () => {
    const token = `RL${randomBytes(9).toString('hex').toUpperCase()}.${randomBytes(15).toString('base64url')}`
    return post('/trpc/chat.sendMessage', token, body)
  })
}

/** Messages of one account to rooms that are not there, another one each time. */
export async function unknownRooms(stage: Stage): Promise<Played> {
  return countLookUps(stage, 'room', UNKNOWN_ROOMS_PER_SECOND_MAX, () => {
    const roomIdentifier = arnOf(randomBytes(6).toString('hex'))
    const message = { roomIdentifier, sender: { userId: 'x' }, content: 'x' }
    return post('/trpc/chat.sendMessage', stage.badToken, JSON.stringify(message))
  })
}

/** Messages to one room that is not there, again and again. */
export async function sameUnknownRoom(stage: Stage): Promise<Played> {
  const message = { roomIdentifier: arnOf('AbsentAbsent'), sender: { userId: 'x' }, content: 'x' }
  const request = post('/trpc/chat.sendMessage', stage.badToken, JSON.stringify(message))
  return countLookUps(stage, 'room', 100, () => request)
}

async function countLookUps(
  stage: Stage,
  table: 'access_key' | 'room',
  perSecondMax: number,
  request: () => Buffer,
): Promise<Played> {
  const database = new pg.Client(stage.databaseUrl)
  await database.connect()
  try {
    const before = await scansOf(database, table)
    const { apiPort: port, signal } = stage
    const statuses = await hammer({ port, connections: CONNECTIONS, forMs: FLOOD_MS, request, signal })
    await sleep(STATISTICS_MS, undefined, { signal })
    const lookUps = (await scansOf(database, table)) - before
    const most = perSecondMax * ((FLOOD_MS + STATISTICS_MS) / 1_000 + 1)
    const broken = lookUps > most ? [`${count(lookUps)} look-ups in the database, more than ${count(most)}`] : []
    const tried = [...statuses.values()].reduce((sum, answers) => sum + answers, 0)
    return { tried, notes: [`${count(lookUps)} look-ups; answers: ${told(statuses)}`], broken }
  } finally {
    await database.end()
  }
}

function arnOf(room: string): string {
  return `arn:aws:ivschat:${LOCAL_REGION}:${BAD_ACCOUNT}:room/${room}`
}

async function scansOf(database: pg.Client, table: string): Promise<number> {
  const { rows } = await database.query<{ scans: string }>(
    `select coalesce(seq_scan, 0) + coalesce(idx_scan, 0) as scans
       from pg_stat_user_tables where schemaname = 'roomlog' and relname = $1`,
    [table],
  )
  return Number(rows[0]?.scans ?? 0)
}
