import type { DestinationVersionId } from '@roomlog/domain'
import type { Fault, HeldLease, JournalBatch, LoadedLane, Position } from '@roomlog/journal'
import { sleep } from './clock.ts'
import type { Destination } from './lane/destination.ts'
import { Lane } from './lane/lane.ts'
import { isNext, type Mark } from './lane/mark.ts'
import { Partition, type PartitionContext, type PartitionEnd } from './partition/partition.ts'
import type { NextRead } from './partition/reads.ts'
import { Turn } from './partition/turns.ts'

const PAUSE_MS = 250

/** More than the longest flush window: what came before a batch that this version cannot read is given time to settle. */
const UNREADABLE_HOLD_MAX_MS = 6 * 60_000

/** Claims the partition, with all that the writer before has left of it; undefined if another writer has it. */
export async function claimPartition(
  context: PartitionContext,
  lease: HeldLease,
  { writerId, leaseMs }: { readonly writerId: string; readonly leaseMs: number },
): Promise<Partition | undefined> {
  const untilMs = context.clock.monotonicMs() + leaseMs
  const loaded = await context.journal.acquire({ ...lease, writerId, ttlMs: leaseMs })
  return loaded === 'taken' ? undefined : new Partition(context, lease, loaded, untilMs)
}

/**
 * The life of a partition that was claimed: it is read once for all lanes that stand at the same place, what was read is
 * offered to them, and each lane cuts, delivers and settles by itself; until the partition is told to stop or cannot go on.
 */
export async function workPartition(partition: Partition): Promise<PartitionEnd> {
  const turn = new Turn(partition.context.turns, partition.stopping)
  try {
    await resume(partition)
    while (!partition.stopping.aborted) {
      const next = await nextRead(partition, turn)
      if (next !== undefined) await readAndOffer(partition, next)
    }
  } catch (error) {
    partition.fail(error)
  } finally {
    turn.end()
  }
  await partition.close()
  return partition.end
}

/** Gives it back, so that another writer need not wait until the lease is over. */
export async function releasePartition({ context, lease }: Partition): Promise<void> {
  try {
    await context.journal.release([lease])
  } catch (err) {
    const facts = { event: 'lease.release.failed', partition: lease.partition, err }
    context.log.warn(facts, 'A lease could not be given back; it will expire.')
  }
}

/** The life of a lane: it cuts what has gathered, delivers it, settles it, and begins again. */
async function workLane(lane: Lane): Promise<void> {
  for (;;) {
    const cycle = await lane.cut()
    if (cycle === undefined) break
    const end = await lane.deliver(cycle)
    if ((await lane.settle(cycle, end)) === 'stop') break
  }
  lane.end()
}

/** Opens the lanes that the writer before has left open. */
async function resume(partition: Partition): Promise<void> {
  const { lanes } = partition.loaded
  const found = await lookUp(
    partition,
    lanes.map((lane) => lane.destinationVersionId),
  )
  // In one turn: a row whose lane is not there counts as closed in whatever is written next.
  for (const { destinationVersionId, checkpoint, checkpointAppendId, ...earlier } of lanes) {
    const destination = found.get(destinationVersionId)
    if (destination) openLane(partition, destination, { position: checkpoint, appendId: checkpointAppendId }, earlier)
  }
}

/** What a lane inherits from the writer before. */
type Earlier = Pick<LoadedLane, 'intent' | 'quietForMs'>
const NOTHING: Earlier = { intent: undefined, quietForMs: 0 }

function openLane(partition: Partition, destination: Destination, checkpoint: Mark, earlier: Earlier): Lane {
  const report = partition.context.reports.lane(destination.version)
  const lane = new Lane(destination, { checkpoint, ...earlier }, partition, report)
  partition.add(lane, () => workLane(lane))
  return lane
}

/** What to read next; undefined when there was nothing, and it was waited for. */
async function nextRead(partition: Partition, turn: Turn): Promise<NextRead | undefined> {
  const { alarm, incidents, lanes, pins, reads, stopping } = partition
  incidents.review([partition.frontier.position, ...[...lanes.values()].map((lane) => lane.next.position)])
  if (isForLaterVersion(partition)) {
    partition.finish('unreadable')
    return undefined
  }
  const next = pins.full() ? reads.must() : reads.next(partition.frontier, partition.head)
  if (next === undefined || next === 'later') {
    if (next === undefined) turn.end()
    await alarm.wait(PAUSE_MS, stopping)
    return undefined
  }
  if (!next.catchesUp) turn.end()
  // By the time its turn comes, another read may be due.
  else if (!(await turn.use())) return undefined
  return next
}

/** Only a later version can read on, and this one has nothing more to do. */
function isForLaterVersion(partition: Partition): boolean {
  const forMs = partition.incidents.unreadableForMs()
  return forMs !== undefined && (partition.isSettled || forMs > UNREADABLE_HOLD_MAX_MS)
}

/** Reads once, and offers what there was to all lanes. Where the journal cannot be read now, it is waited for. */
async function readAndOffer(partition: Partition, { from, bytesMax, mayOverdraw }: NextRead): Promise<void> {
  const { journal, limitedRead, log } = partition.context
  const { alarm, lease, pins, stopping } = partition
  let giveBack = () => {}
  try {
    const outcome = await limitedRead(async () => {
      if (!mayOverdraw && pins.full()) return undefined
      giveBack = pins.reserve(bytesMax)
      const { position: after, appendId: afterAppendId } = from
      return journal.read({ partition: lease.partition, after, afterAppendId, bytesMax })
    })
    if (outcome?.status === 'read' && outcome.batches.length > 0) {
      if (!stopping.aborted) await offer(partition, outcome.batches)
      return
    }
    giveBack()
    switch (outcome?.status) {
      case undefined:
        return
      case 'read':
        return await alarm.wait(PAUSE_MS, stopping)
      case 'damaged':
      case 'unreadable':
        return await meet(partition, from.position, outcome)
      case 'trimmed':
      case 'rewound': {
        const facts = { event: 'journal.moved', partition: lease.partition, status: outcome.status }
        log.warn(facts, 'The journal was trimmed or restored; reloading.')
        partition.reload()
      }
    }
  } catch (err) {
    const facts = { event: 'journal.read.failed', partition: lease.partition, err }
    log.warn(facts, 'The journal could not be read; trying again.')
    await sleep(partition.clock, PAUSE_MS, stopping)
  } finally {
    giveBack()
  }
}

/** The batch after `at` cannot be read. */
async function meet({ incidents, lanes, pins }: Partition, at: Position, fault: Fault): Promise<void> {
  const met = incidents.met(at, fault)
  // What reads beyond the limit of memory until it has its cycle would keep others from it for as long as this lasts.
  for (const lane of lanes.values()) if (lane.next.position === at) pins.settle(lane)
  await met
}

async function offer(partition: Partition, batches: readonly JournalBatch[]): Promise<void> {
  // Set aside since the partition was taken: what was read before may be the batch as it was, and be on its way.
  const { revision } = partition.loaded
  if (batches.some((batch) => (batch.setAsideRevision ?? 0) > revision)) return partition.reload()
  const hasTombstone = batches.some((batch) => batch.setAsideRevision !== undefined)
  const head = hasTombstone ? await partition.freshHead() : partition.head
  const news = batches.filter((batch) => batch.lastPosition > partition.frontier.position)
  const found = await lookUp(partition, new Set(news.flatMap(({ counts }) => [...counts.keys()])))
  if (partition.stopping.aborted) return
  const { lanes, pins } = partition
  // In one turn from here on: an idle lane may be swept away at any time before it has its batch, and a lane that is due
  // at once cuts all that was read, not the first batch. Room for all of it was made before it was read.
  const ready = new Set([...lanes.values()].filter((lane) => lane.flows && lane.wants()))
  for (const batch of batches) {
    const isAtFrontier = isNext(batch, partition.frontier.position)
    for (const id of isAtFrontier ? batch.counts.keys() : []) {
      const destination = found.get(id)
      if (destination && !lanes.has(id)) ready.add(openLane(partition, destination, partition.frontier, NOTHING))
    }
    for (const lane of lanes.values()) {
      if (isNext(batch, lane.next.position) && (ready.has(lane) || lane.wants())) lane.accept(batch, head)
    }
    if (isAtFrontier) partition.passed(batch)
  }
  partition.sweep()
  // Nobody may have had anything to settle in it.
  if (hasTombstone) void partition.save()
  if (pins.tight()) partition.wakeLanes()
}

/** Also of lanes that are there: they may be gone by the time the others are found. */
async function lookUp(
  partition: Partition,
  ids: Iterable<DestinationVersionId>,
): Promise<ReadonlyMap<DestinationVersionId, Destination>> {
  const found = new Map<DestinationVersionId, Destination>()
  for (const id of ids) {
    const destination = await partition.context.destinations.get(id)
    if (destination !== 'abandoned') found.set(id, destination)
  }
  return found
}
