import { setTimeout as sleep } from 'node:timers/promises'
import type { RoomlogClient } from '@roomlog/client'
import { isRoomlogError } from '@roomlog/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AppName, deploy, inspect } from './deploy.ts'
import type { Change } from './judge.ts'
import { type Leases, watchLeases } from './leases.ts'
import type { Process } from './process.ts'
import { createRooms, createTrio, destinationsOf, RATE_SETTINGS, relist, type Trio } from './rooms.ts'
import { readBack, untilDelivered } from './settle.ts'
import { openSite, type Site } from './site.ts'
import { type Ledger, type Room, startTraffic } from './traffic.ts'
import { ALWAYS, expectExact, judgeRoom } from './verdicts.ts'

const MIB = 1024 * 1024
const SETTINGS = {
  ...RATE_SETTINGS,
  ROOMLOG_S3_FLUSH_SECONDS: '1',
  ROOMLOG_LINGER_MS: '50',
  ROOMLOG_LEASE_SECONDS: '3',
  ROOMLOG_REQUEST_TIMEOUT_SECONDS: '1.5',
  ROOMLOG_READ_BACK_SETTLE_SECONDS: '0.5',
}

let site: Site
let leases: Leases
let folders: Readonly<Record<AppName, string>>
let clients: readonly RoomlogClient[]
let writers: Process[]
/** Its rooms are attached all the time. */
let lasting: Trio
let lastingRooms: readonly Room[]
const ledger: Ledger = new Map()

beforeAll(async () => {
  site = await openSite(SETTINGS)
  const [api, writer] = await Promise.all([deploy('api', site.folder), deploy('writer', site.folder)])
  folders = { api, writer }
}, 180_000)
afterAll(async () => {
  await leases?.close()
  await site?.close()
})

test.each(['api', 'writer'] as const)(
  'the output of %s is complete, and has nothing that only a developer needs',
  async (app) => {
    const { bytes, packages, strayLinks } = await inspect(folders[app])
    report(`${app}: ${Math.round(bytes / MIB)} MiB in ${packages.size} packages`)
    expect(strayLinks).toEqual([])
    expect(bytes).toBeLessThan(150 * MIB)
    for (const tool of ['typescript', 'prisma', 'vitest', 'tsx', '@roomlog/embedded-postgres', '@roomlog/local-aws']) {
      expect(packages).not.toContain(tool)
    }
    expect(
      [...packages].filter((name) => name.startsWith('@embedded-postgres/') || name.startsWith('@prisma/engine')),
    ).toEqual([])
  },
)

test('two apis and two writers start on an empty database at once and share the work', async () => {
  const apis = [site.start('api', folders.api), site.start('api', folders.api)]
  writers = [site.start('writer', folders.writer), site.start('writer', folders.writer)]
  clients = (await Promise.all(apis.map((api) => api.ready()))).map((url) => site.client(url))
  await Promise.all(writers.map((writer) => writer.ready()))
  leases = await watchLeases(site.databaseUrl)
  await leases.evenOver(writers.map(({ pid }) => pid))
  const [api, writer] = [apis, writers].map((apps) => apps.map((app) => `${app.startupMs()} ms`).join(' and '))
  report(`four starting at once: apis ready after ${api}, writers after ${writer}`)
})

test('attached, detached and deleted under traffic through either api: exactly the records of the time are there', async () => {
  const [one, two] = pair(clients)
  lasting = await createTrio(site, one, 'lasting')
  const doomed = await createTrio(site, two, 'doomed')
  lastingRooms = await createRooms(one, 3, lasting.arns)
  const changing = await createRooms(two, 4, [])
  const ending = await createRooms(one, 2, [])
  const changes = new Map<Room, Change[]>([...changing, ...ending].map((room) => [room, []]))
  const traffic = startTraffic(clients, [...lastingRooms, ...changes.keys()], ledger)
  const change = async (client: RoomlogClient, room: Room, arns: readonly string[]) => {
    changes.get(room)?.push(await relist(client, room, arns))
  }

  await traffic.more(100)
  await Promise.all(ending.map((room) => change(two, room, doomed.arns)))
  for (let round = 0; round < 6; round++) {
    const arns = round % 2 === 0 ? lasting.arns : []
    await Promise.all(changing.map((room, index) => change((round + index) % 2 === 0 ? one : two, room, arns)))
    await traffic.more(120)
  }
  await Promise.all(ending.map((room) => change(one, room, [])))
  for (const identifier of doomed.arns) await two.loggingConfiguration.delete.mutate({ identifier })
  await traffic.more(200)
  await traffic.stop()
  expect(traffic.failures).toEqual([])

  await Promise.all(doomed.arns.map((arn) => untilGone(one, arn)))
  await untilDelivered(two)
  const [kept, deleted] = await Promise.all([
    readBack(site, lasting.names, ledger),
    readBack(site, doomed.names, ledger),
  ])
  for (const room of lastingRooms) expectExact(judgeRoom(kept, ledger, room, ALWAYS))
  for (const room of changing) {
    const verdicts = judgeRoom(kept, ledger, room, changes.get(room))
    expectExact(verdicts)
    const { owed, foreign } = verdicts.s3.counts
    expect(Math.min(owed, foreign)).toBeGreaterThan(20)
  }
  for (const room of ending) expectExact(judgeRoom(deleted, ledger, room, changes.get(room)))
}, 120_000)

test('destinations changed under traffic through either api: each record is in the one of its commit, once, and no lane is left over', async () => {
  const [one, two] = pair(clients)
  const [from, to] = [await createTrio(site, one, 'moved-from'), await createTrio(site, two, 'moved-to')]
  const rooms = await createRooms(two, 4, from.arns)
  const moves = new Map<Trio, Change[]>([
    [from, [...ALWAYS]],
    [to, []],
  ])
  const targets = new Map([from, to].map((trio) => [trio, destinationsOf(trio.names)]))
  const traffic = startTraffic(clients, rooms, ledger)
  for (const [turn, target] of [to, from, to].entries()) {
    await traffic.more(150)
    const client = turn % 2 === 0 ? one : two
    const calledMs = performance.now()
    const destinations = targets.get(target) ?? []
    await Promise.all(
      from.arns.map((identifier, n) => {
        const destinationConfiguration = destinations[n]
        if (destinationConfiguration === undefined) throw new Error('a destination is missing')
        return client.loggingConfiguration.update.mutate({ identifier, destinationConfiguration })
      }),
    )
    const answeredMs = performance.now()
    for (const [trio, changes] of moves) changes.push({ calledMs, answeredMs, attached: trio === target })
  }
  await traffic.more(150)
  await traffic.stop()
  expect(traffic.failures).toEqual([])

  await untilDelivered(two)
  const [before, after] = [await readBack(site, from.names, ledger), await readBack(site, to.names, ledger)]
  for (const room of rooms) {
    const kinds = ['s3', 'cloudWatchLogs', 'firehose'] as const
    const [here, there] = [
      judgeRoom(before, ledger, room, moves.get(from)),
      judgeRoom(after, ledger, room, moves.get(to)),
    ]
    for (const kind of kinds) {
      expect(here[kind]).toMatchObject({ missing: [], intruders: [], repeats: 0 })
      expect(there[kind]).toMatchObject({ missing: [], intruders: [], repeats: 0 })
      // What a change overlapped is on one side of it, never on both or on neither.
      const open = [...here[kind].openThere, ...there[kind].openThere]
      expect(open).toHaveLength(new Set(open).size)
      expect(open).toHaveLength(here[kind].counts.open)
    }
    expect(Math.min(here.s3.counts.owed, there.s3.counts.owed)).toBeGreaterThan(20)
  }
  await leases.drained()
}, 120_000)

test('writers restarted one after the other under traffic repeat nothing and lose nothing', async () => {
  const traffic = startTraffic(clients, lastingRooms, ledger)
  await traffic.more(100)
  for (const [index, old] of [...writers].entries()) {
    const stoppedMs = performance.now()
    old.kill('SIGTERM')
    await leases.without(old.pid)
    const handedOverMs = Math.round(performance.now() - stoppedMs)
    expect(await old.exited, old.output()).toBe(0)
    const next = site.start('writer', folders.writer)
    writers[index] = next
    await next.ready()
    report(`a stopped writer's partitions handed over in ${handedOverMs} ms; a new one ready in ${next.startupMs()} ms`)
    await leases.evenOver(writers.map(({ pid }) => pid))
    await traffic.more(100)
  }
  await traffic.stop()
  expect(traffic.failures).toEqual([])
  await expectLasting('two restarts')
}, 120_000)

test('writers killed again and again under traffic: S3 and CloudWatch Logs have all once, Firehose all, its repeats counted', async () => {
  const traffic = startTraffic(clients, lastingRooms, ledger)
  for (let kill = 0; kill < 6; kill++) {
    await traffic.more(80)
    const index = kill % writers.length
    writers[index]?.kill('SIGKILL')
    const next = site.start('writer', folders.writer)
    writers[index] = next
    await next.ready()
    // Every other kill finds partitions of the one before still without a writer.
    if (kill % 2 === 1) await leases.evenOver(writers.map(({ pid }) => pid))
  }
  await traffic.stop()
  expect(traffic.failures).toEqual([])
  await expectLasting('six kills')
}, 120_000)

/** All of the lasting rooms is there: in S3 and CloudWatch Logs once, in Firehose with no repeat that was not counted. */
async function expectLasting(after: string): Promise<void> {
  const [client] = pair(clients)
  await untilDelivered(client)
  const read = await readBack(site, lasting.names, ledger)
  const { loggingConfigurations } = await client.delivery.status.query({})
  const possible = loggingConfigurations.reduce((sum, { counters }) => sum + counters.repeatsPossible, 0)
  let repeats = 0
  for (const room of lastingRooms) {
    const verdicts = judgeRoom(read, ledger, room, ALWAYS)
    repeats += verdicts.firehose.repeats
    expectExact({ ...verdicts, firehose: { ...verdicts.firehose, repeats: 0 } })
  }
  const slowestMs = Math.max(...read.cloudWatchLogs.delaysMs)
  report(`after ${after}: the slowest record was in CloudWatch Logs after ${slowestMs} ms`)
  report(`after ${after}: Firehose has ${repeats} repeats, ${possible} were counted as possible`)
  expect(repeats).toBeLessThanOrEqual(possible)
}

/** Waits until a logging configuration that is being deleted is gone. */
async function untilGone(client: RoomlogClient, identifier: string): Promise<void> {
  for (;;) {
    try {
      const { state } = await client.loggingConfiguration.get.query({ identifier })
      expect(state).toBe('DELETING')
    } catch (error) {
      if (isRoomlogError(error) && error.data.ivs.name === 'ResourceNotFoundException') return
      throw error
    }
    await sleep(100)
  }
}

function pair(two: readonly RoomlogClient[]): [RoomlogClient, RoomlogClient] {
  const [first, second] = two
  if (first === undefined || second === undefined) throw new Error('the apis are not there')
  return [first, second]
}

function report(line: string): void {
  process.stdout.write(`  deployed: ${line}\n`)
}
