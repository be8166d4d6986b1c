import { RoomId } from '@roomlog/domain'
import { partitionOf, toAppendId } from '@roomlog/journal'
import { uuidFrom } from './random.ts'
import type { World } from './world.ts'

/** What housekeeping and operators do to the journal. */
export async function trim({ witness, census }: World, keepMs: number): Promise<void> {
  for (const partition of witness.partitions()) {
    if ((await witness.journal.trim(partition, { keepMs })) > 0) census.count('trimmed')
  }
  // No history takes a day, whatever the database's clock says.
  if ((await witness.journal.forgetKeys()) > 0) census.count('forgot keys that are not old')
}

/** As the housekeeping of whoever holds the leases does. */
export async function expire(
  { witness, census, processes }: World,
  limits: { readonly keepMs: number; readonly bytesMax: number },
): Promise<void> {
  for (const lease of processes.leases()) {
    const given = await witness.journal.expire(lease, limits)
    if (given.length > 0) census.count('gave up by retention')
  }
}

/** What an operator does where a clock that had jumped left the time of partitions ahead. */
export async function healTime({ witness, census }: World): Promise<void> {
  for (const partition of witness.partitions()) {
    if (await witness.healTime(partition)) census.count('healed time')
  }
}

/** Gives up what is left for configurations that are being deleted. */
export async function abandonBacklog({ configurations, abandoned, witness, census }: World): Promise<void> {
  for (const id of configurations.deleting) {
    abandoned.add(id)
    await witness.journal.abandon(NO_OTHER_TABLES, [id])
    census.count('abandoned')
  }
}

/** The journal in memory is all the database that there is. */
const NO_OTHER_TABLES = { query: async () => [] }

/** Sends a configuration's dead letters again; `cured`: what was wrong with dead letters is right now. */
export async function redrive(world: World, slot: number, cured: boolean): Promise<void> {
  const { configurations, witness, poison, census, random } = world
  const { from, to } = configurations.versionsAt(slot)
  if (cured) for (const letter of witness.journal.inspect().deadLetters) poison.delete(letter.id)
  const newAppendId = () => toAppendId(uuidFrom(random))
  const { configVersion } = configurations
  const letters = await witness.redrive({ from, to, letterIds: undefined, lettersMax: 5, configVersion, newAppendId })
  census.count('redriven', letters)
}

/** Flips a bit in one of a partition's last batches. */
export function damage({ witness, census }: World, partition: number, back: number, part: 'index' | 'bytes'): void {
  const at = witness.journal.inspect().partitions[partition]
  const batch = at?.batches.at(-1 - back)
  if (at && batch && witness.journal.damage(at.partition, batch.firstPosition, part)) census.count('damaged')
}

/** The same where one of the last S3 objects begins, so that what it holds behind that batch has no key any more. */
export function damageBeneathObject({ witness, census, stores, random }: World): void {
  const objects = [...stores.values()].flatMap((store) => (store.kind === 's3' ? store.list('') : []))
  objects.sort((a, b) => (a.last.position ?? 0) - (b.last.position ?? 0))
  const chosen = objects.at(-1 - Math.floor(random() * 4))
  const [, room] = /room_(\w{12})\//.exec(chosen?.key ?? '') ?? []
  if (chosen?.first.position === undefined || room === undefined) return
  const partition = partitionOf(RoomId.parse(room), witness.journal.partitions)
  if (witness.journal.damage(partition, chosen.first.position, 'bytes')) census.count('damaged')
}

/** Expires a lease at once, whoever holds it and lives. */
export function steal({ was, witness }: World, partition: number): void {
  was.stolen = true
  witness.steal(partition)
}
