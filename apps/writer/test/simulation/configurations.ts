import {
  AccountId,
  type DestinationKind,
  type DestinationVersion,
  DestinationVersionId,
  LoggingConfigurationId,
  type RoomId,
} from '@roomlog/domain'
import type { MemoryJournal } from '@roomlog/journal/memory'

type Configuration = {
  readonly id: LoggingConfigurationId
  readonly kind: DestinationKind
  readonly version: DestinationVersionId
}

type State = {
  readonly configVersion: number
  /** By slot. */
  readonly configurations: readonly Configuration[]
  readonly rooms: ReadonlyMap<RoomId, readonly LoggingConfigurationId[]>
}

const SLOTS: readonly DestinationKind[] = ['s3', 'cloudWatchLogs', 'firehose', 's3']
const TARGETS = ['a', 'b']

/** Rooms and logging configurations as the database holds them: what an append's config version guards. */
export class Configurations {
  readonly versions = new Map<DestinationVersionId, DestinationVersion>()
  /** Versions that are or were of configurations which are being deleted. */
  readonly deleting = new Set<DestinationVersionId>()
  readonly #journal: MemoryJournal
  readonly #turn: () => number
  readonly #history: { readonly turn: number; readonly state: State }[] = []
  #state: State
  #made = 0

  constructor(journal: MemoryJournal, rooms: readonly RoomId[], turn: () => number) {
    this.#journal = journal
    this.#turn = turn
    const configurations = SLOTS.map((kind) => this.#create(kind))
    const all = configurations.map(({ id }) => id)
    this.#state = { configVersion: 0, configurations, rooms: new Map(rooms.map((roomId) => [roomId, all])) }
    this.#change({})
  }

  get configVersion(): number {
    return this.#state.configVersion
  }

  /** Where a record of the room goes if it is committed now; undefined if the room does not exist. */
  destinationsOf(roomId: RoomId): readonly DestinationVersionId[] | undefined {
    return destinationsIn(this.#state, roomId)
  }

  /** Where it went at any time between two turns. */
  destinationsDuring(roomId: RoomId, fromTurn: number, toTurn: number) {
    const from = this.#history.findLastIndex(({ turn }) => turn <= fromTurn)
    const states = this.#history.slice(Math.max(0, from)).filter(({ turn }, n) => n === 0 || turn <= toTurn)
    return states.map(({ state }) => destinationsIn(state, roomId))
  }

  attach(roomId: RoomId, slot: number): void {
    const { id } = this.#at(slot)
    this.#relist(roomId, (list) => [...list.filter((other) => other !== id), id])
  }

  detach(roomId: RoomId, slot: number): void {
    const { id } = this.#at(slot)
    this.#relist(roomId, (list) => list.filter((other) => other !== id))
  }

  /** Begins the deletion, ACTIVE no more; another configuration, attached nowhere, takes its slot. */
  delete(slot: number): void {
    const { id, kind } = this.#at(slot)
    for (const version of this.versions.values()) {
      if (version.loggingConfigurationId === id) this.deleting.add(version.id)
    }
    this.#replace(slot, this.#create(kind))
  }

  /** Points a configuration elsewhere, or back where it pointed before: a new version either way. */
  retarget(slot: number): void {
    const configuration = this.#at(slot)
    const { target } = this.#versionOf(configuration)
    const other = TARGETS.find((each) => !target.endsWith(each)) ?? target
    this.#replace(slot, { ...configuration, version: this.#addVersion(configuration, other) })
  }

  createRoom(roomId: RoomId): void {
    this.#relist(roomId, () => this.#state.configurations.map(({ id }) => id))
  }

  deleteRoom(roomId: RoomId): void {
    this.#change({ rooms: new Map([...this.#state.rooms].filter(([id]) => id !== roomId)) })
  }

  /** All versions that a slot's configuration ever had, and the one in force. */
  versionsAt(slot: number): { readonly from: readonly DestinationVersionId[]; readonly to: DestinationVersionId } {
    const { id, version } = this.#at(slot)
    const all = [...this.versions.values()].filter((each) => each.loggingConfigurationId === id)
    return { from: all.map((each) => each.id), to: version }
  }

  snapshot(): State {
    return this.#state
  }

  restore(state: State): void {
    this.#state = state
    this.#history.push({ turn: this.#turn(), state })
  }

  #relist(roomId: RoomId, to: (list: readonly LoggingConfigurationId[]) => readonly LoggingConfigurationId[]): void {
    this.#change({ rooms: new Map([...this.#state.rooms, [roomId, to(this.#state.rooms.get(roomId) ?? [])]]) })
  }

  #replace(slot: number, by: Configuration): void {
    const at = slot % SLOTS.length
    this.#change({ configurations: this.#state.configurations.map((each, n) => (n === at ? by : each)) })
  }

  #change(change: Partial<State>): void {
    this.restore({ ...this.#state, ...change, configVersion: this.#journal.bumpConfigVersion() })
  }

  #create(kind: DestinationKind): Configuration {
    const id = LoggingConfigurationId.parse(`config${String(this.#made++).padStart(6, '0')}`)
    return { id, kind, version: this.#addVersion({ id, kind }, TARGETS[0] ?? '') }
  }

  #addVersion({ id: configuration, kind }: Pick<Configuration, 'id' | 'kind'>, target: string): DestinationVersionId {
    // Ids are drawn at random; here those that were made later have the smaller ones.
    const id = DestinationVersionId.parse(1_000_000 - this.versions.size)
    this.versions.set(id, {
      id,
      loggingConfigurationId: configuration,
      accountId: AccountId.parse('123456789012'),
      region: 'us-east-1',
      kind,
      target: `${configuration}-${target}`,
    })
    return id
  }

  #versionOf({ version }: Configuration): DestinationVersion {
    const found = this.versions.get(version)
    if (!found) throw new Error(`no version ${version}`)
    return found
  }

  #at(slot: number): Configuration {
    const found = this.#state.configurations[slot % SLOTS.length]
    if (!found) throw new Error(`no configuration ${slot}`)
    return found
  }
}

function destinationsIn({ rooms, configurations }: State, roomId: RoomId): readonly DestinationVersionId[] | undefined {
  return rooms.get(roomId)?.flatMap((listed) => {
    const found = configurations.find(({ id }) => id === listed)
    return found ? [found.version] : []
  })
}
