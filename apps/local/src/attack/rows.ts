import { setTimeout as sleep } from 'node:timers/promises'
import { believeNothing, refuseUnknown } from './answers.ts'
import { declareBodies, floodForms, idleConnections, manyConnections, neverRead, slowRequests } from './floods.ts'
import type { Played } from './judge.ts'
import { holdLoop, oddRequests } from './oddities.ts'
import type { Stage } from './stage.ts'
import { callStandIn } from './stand-in.ts'
import { sameUnknownRoom, unknownKeys, unknownRooms } from './strangers.ts'

export type Row = {
  readonly name: string
  readonly what: string
  play(stage: Stage): Promise<Played>
}

const row = (name: string, what: string, play: Row['play']): Row => ({ name, what, play })

const QUIET_MS = 5_000

/** Played before all others: what the other account sees on this machine when nothing is tried. */
export const QUIET = row('quiet', 'nothing', async ({ signal }) => {
  await sleep(QUIET_MS, undefined, { signal })
  return { tried: 0, notes: [], broken: [] }
})

/** Everything that is tried, in the order of docs/security.md. */
export const ROWS: readonly Row[] = [
  row('A-s3', 'S3 answers 200 with nothing, HTML, an error', believeNothing('s3')),
  row('A-logs', 'CloudWatch Logs answers 200 with nothing, HTML, an error', believeNothing('logs')),
  row('A-firehose', 'Firehose answers 200 with nothing, HTML, an error', believeNothing('firehose')),
  row('B-logs', 'CloudWatch Logs refuses by an unknown name for 6 s', refuseUnknown('logs')),
  row('B-firehose', 'Firehose refuses by an unknown name for 6 s', refuseUnknown('firehose')),
  row('F1', 'forms of 256 MiB from strangers', floodForms),
  row('F2', 'strangers declare 8 MiB and send 1 byte', declareBodies('stranger')),
  row('F2-account', 'an account declares 8 MiB and sends 1 byte', declareBodies('account')),
  row('F3', 'sockets that pipeline and never read', neverRead),
  row('F3-account', 'connections of one account, all at work', manyConnections),
  row('F4', 'requests that arrive a byte a second', slowRequests),
  row('F4-idle', 'connections that do nothing', idleConnections),
  row('F5-keys', "calls with keys that are nobody's", unknownKeys),
  row('F5-rooms', 'messages to rooms that are not there', unknownRooms),
  row('F5-room', 'messages to one room that is not there', sameUnknownRoom),
  row('F6', 'text that cannot be stored, malformed requests', oddRequests),
  row('F6-values', 'bodies of 8 MiB of lists in lists and of empty objects', holdLoop),
  row('F7', "unsigned calls and foreign names to npm start's stand-in", callStandIn),
]
