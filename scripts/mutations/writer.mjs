const LANE = 'apps/writer/src/lane/lane.ts'
const OBJECTS = 'apps/writer/src/deliver/objects.ts'
const LOG_STREAMS = 'apps/writer/src/deliver/log-streams.ts'
const DELIVERY_STREAM = 'apps/writer/src/deliver/delivery-stream.ts'
const SIMULATION = 'apps/writer/test/simulation/pipeline.simulation.test.ts'
const objects = [{ project: 'unit', file: 'apps/writer/src/deliver/objects.test.ts' }]
const simulated = [{ project: 'simulation', file: SIMULATION, test: 'what was acknowledged arrives' }]
const damaged = [
  {
    project: 'simulation',
    file: 'apps/writer/test/simulation/damage.simulation.test.ts',
    test: 'damage that is set aside',
  },
]

/** Bugs between the journal and the sinks. */
export const writerMutations = [
  {
    name: 'checkpoint-before-write',
    promise: 'a checkpoint stands only behind what the destination has',
    file: LANE,
    find: '    const end = await policy.deliver(this.#delivery, cycle)',
    put: `    this.#checkpoint.settle(cycle.to, 0)
    if (!(await save())) return 'stop'
    const end = await policy.deliver(this.#delivery, cycle)`,
    suites: simulated,
  },
  {
    name: 'sent-without-an-intent',
    promise: 'a call that cannot be repeated is preceded by a durable intent',
    file: LANE,
    find: `      this.#intent = cycle.to.position
      if (!(await save())) return 'stop'
`,
    put: '',
    suites: simulated,
  },
  {
    name: 'gathered-records-look-settled',
    promise: 'a lane with unsettled records has a row, so that the next writer finds them',
    file: LANE,
    find: 'return this.#cycle === undefined && this.#waiting.isEmpty && !this.#recovering && !this.#unfinished',
    put: 'return this.#cycle === undefined && !this.#recovering && !this.#unfinished',
    suites: simulated,
  },
  {
    name: 'a-cycle-ends-where-the-lane-has-read',
    promise: 'a checkpoint passes what was delivered, not what waits for a later cycle',
    file: 'apps/writer/src/lane/waiting.ts',
    find: 'to: this.isEmpty ? read : first.to',
    put: 'to: read',
    suites: simulated,
  },
  {
    name: 'a-cycle-of-an-earlier-life-is-cut-in-two',
    promise: 'a cycle that was left open is read back whole before anything of it is sent',
    file: 'apps/writer/src/lane/waiting.ts',
    find: '(!whole && this.#hasAll(piece))',
    put: 'this.#hasAll(piece)',
    suites: [{ project: 'unit', file: 'apps/writer/src/lane/waiting.test.ts' }],
  },
  {
    name: 'checkpoint-where-the-lane-has-read-to',
    promise: 'what was gathered and not delivered belongs to the next writer',
    file: LANE,
    find: 'const at = this.idle && !this.#checkpoint.isHeldBack ? this.#next : this.#checkpoint.at',
    put: 'const at = this.#next',
    suites: simulated,
  },
  {
    name: 'sigterm-flushes-open-runs',
    promise: 'SIGTERM finishes what is in flight and leaves open runs to the next writer',
    file: LANE,
    find: '    return undefined\n  }\n\n  /** ms until a cycle is due',
    put: '    return this.#waiting.isEmpty ? undefined : this.#cut()\n  }\n\n  /** ms until a cycle is due',
    suites: [{ project: 'simulation', file: 'apps/writer/test/simulation/stop.simulation.test.ts' }],
  },
  {
    name: 'a-checkpoint-shared-by-two-lanes',
    promise: 'a destination that is behind keeps its own checkpoint',
    file: 'apps/writer/src/partition/progress.ts',
    find: '      const row = lane.row()\n',
    put: `      const [ahead = lane.row()] = [...lanes.values()].map((each) => each.row()).sort((a, b) => b.checkpoint - a.checkpoint)
      const row = { ...lane.row(), checkpoint: ahead.checkpoint, checkpointAppendId: ahead.checkpointAppendId }
`,
    suites: simulated,
  },
  {
    name: 'dispatched-past-what-lanes-were-offered',
    promise: 'rows and `dispatched` move together',
    file: 'apps/writer/src/partition/partition.ts',
    find: '    const found = await this.#lookUp(new Set(ids))\n',
    put: `    const was = this.#frontier
    const last = batches.at(-1)
    if (last && isNew(last)) this.#frontier = { position: last.lastPosition, appendId: last.appendId }
    const found = await this.#lookUp(new Set(ids))
    this.#frontier = was
`,
    suites: simulated,
  },
  {
    name: 'a-later-version-overtakes',
    promise: 'a later version with the same target starts after the earlier one has drained',
    file: 'apps/writer/src/partition/lanes.ts',
    find: 'other.id < version.id &&',
    put: 'other.id < 0 &&',
    suites: [{ project: 'simulation', file: 'apps/writer/test/simulation/versions.simulation.test.ts' }],
  },
  {
    name: 'no-lease-check-before-the-send',
    promise: 'a call that cannot be repeated is sent only while the lease outlasts its timeout',
    file: 'apps/writer/src/lane/delivery.ts',
    find: 'mayAttempt: () => leaseValidForMs() > (policy.intents ? policy.attemptTimeoutMs : 0),',
    put: 'mayAttempt: undefined,',
    suites: [{ project: 'simulation', file: 'apps/writer/test/simulation/leases.simulation.test.ts' }],
  },
  {
    name: 'adopted-without-comparing-the-last-record',
    promise: 'an object that stands in the way is adopted only if the journal holds the same last record',
    file: OBJECTS,
    find: 'if (at >= 0 && records.at(at)?.id === last.id) return',
    put: 'if (at >= 0) return',
    suites: objects,
  },
  {
    name: 'ghosts-dropped',
    promise: 'no checkpoint stands inside an object that ends beyond its cycle',
    file: OBJECTS,
    find: '  if (until > cycle.to.position) delivery.ghosts.set(first.roomId, { first, until })\n',
    put: '',
    suites: [...objects, ...simulated],
  },
  {
    name: 'an-occupied-key-taken-for-delivered',
    promise: 'what stands in the way settles only the records that it holds',
    file: OBJECTS,
    find: '        records = rest\n',
    put: '        records = records.slice(run.length)\n',
    suites: objects,
  },
  {
    name: 'a-tombstone-without-a-listing',
    promise: 'S3 is exactly once also behind a batch that was set aside',
    file: OBJECTS,
    find: '    const behindThem = await behindTombstones(delivery, cycle, roomId, records)\n',
    put: '    const behindThem: typeof records | undefined = records\n',
    suites: [...objects, ...damaged],
  },
  {
    name: 'a-tombstone-holds-nothing-back',
    promise: 'no checkpoint passes where an object that begins in a tombstone may end',
    file: 'apps/writer/src/lane/checkpoint.ts',
    find: 'return this.ghosts.size > 0 || this.#tombstones.size > 0',
    put: 'return this.ghosts.size > 0',
    suites: [{ project: 'unit', file: 'apps/writer/src/lane/checkpoint.test.ts' }],
  },
  {
    name: 'listed-before-it-has-landed',
    promise: 'what an earlier life has sent is listed only when it must be there',
    file: OBJECTS,
    find: 'if (delivery.tombstones.size > 0 && !(await delivery.landed())) return',
    put: 'if (delivery.tombstones.size < 0) return',
    suites: objects,
  },
  {
    name: 'an-object-begun-without-the-lease',
    promise: 'a writer begins no object once its lease is over, so that the next one knows when the last can have come',
    file: 'apps/writer/src/lane/delivery.ts',
    find: 'leaseValidForMs() > (policy.intents ? policy.attemptTimeoutMs : 0)',
    put: '!policy.intents || leaseValidForMs() > policy.attemptTimeoutMs',
    suites: [{ project: 'simulation', file: 'apps/writer/test/simulation/leases.simulation.test.ts' }],
  },
  {
    name: 'sent-again-without-reading-back',
    promise: 'CloudWatch Logs is read back before anything is repeated',
    file: LOG_STREAMS,
    find: 'const missing = await readBack(delivery, records, delivery.settings.readBackAfterMs)',
    put: 'const missing = records',
    suites: simulated,
  },
  {
    name: 'read-back-too-soon',
    promise: 'a call whose fate is unknown is read back only when its effect must be visible',
    file: LOG_STREAMS,
    find: '  if (!(await delivery.sleep(afterMs))) return undefined\n',
    put: '',
    suites: [{ project: 'unit', file: 'apps/writer/src/deliver/log-streams.test.ts' }],
  },
  {
    name: 'recovery-read-back-too-soon',
    promise: "a dead writer's calls are read back only when their effect must be visible",
    file: LOG_STREAMS,
    find: 'Math.max(0, delivery.settings.recoverAfterMs - delivery.quietForMs())',
    put: '0',
    suites: [{ project: 'unit', file: 'apps/writer/src/deliver/log-streams.test.ts' }],
  },
  {
    name: 'absence-believed-at-once',
    promise: 'absence is believed after two reads',
    file: LOG_STREAMS,
    find: 'if (missing === undefined || missing.length === 0) return missing',
    put: 'return missing',
    suites: [{ project: 'unit', file: 'apps/writer/src/deliver/log-streams.test.ts' }],
  },
  {
    name: 'a-whole-batch-again-after-a-partial-failure',
    promise: 'only what Firehose refused is sent again',
    file: DELIVERY_STREAM,
    find: 'records = records.filter((_, index) => refused.get(index)?.retryable === true)',
    put: 'records = records.filter((_, index) => refused.get(index)?.retryable !== false)',
    suites: [{ project: 'unit', file: 'apps/writer/src/deliver/delivery-stream.test.ts' }],
  },
  {
    name: 'repeats-not-counted',
    promise: 'repeats that are possible are counted',
    file: DELIVERY_STREAM,
    find: '    delivery.countRepeatsPossible(cycle.records.length)\n',
    put: '',
    suites: [{ project: 'unit', file: 'apps/writer/src/deliver/delivery-stream.test.ts' }],
  },
  {
    name: 'repeats-counted-in-memory-alone',
    promise: 'repeats that are possible are counted before they can happen',
    file: LOG_STREAMS,
    find: '        if (!(await delivery.aboutToSend())) return',
    put: '        if (missing.length < 0) return',
    suites: [{ project: 'unit', file: 'apps/writer/src/deliver/log-streams.test.ts' }],
  },
  {
    name: 'dead-letters-dropped',
    promise: 'what a destination refuses for good is kept, with its reason and bytes',
    file: 'apps/writer/src/lane/tally.ts',
    find: '    this.#dead.push(...this.#dying)\n',
    put: '',
    suites: [{ project: 'unit', file: 'apps/writer/src/lane/tally.test.ts' }],
  },
  {
    name: 'a-lane-gone-before-its-counts-are-written',
    promise: 'what a lane counts, dead letters too, is written before it goes',
    file: 'apps/writer/src/partition/lanes.ts',
    find: '    if (lane.tally.pending) void save()\n    else this.#retire(id, lane)\n',
    put: '    this.#retire(id, lane)\n',
    suites: [{ project: 'simulation', file: 'apps/writer/test/simulation/closing.simulation.test.ts' }],
  },
  {
    name: 'dead-letters-in-memory-that-is-used-again',
    promise: 'what a destination refuses for good is kept, with its reason and bytes',
    file: 'apps/writer/src/lane/tally.ts',
    find: 'record: dead.record.detached()',
    put: 'record: dead.record',
    suites: [{ project: 'unit', file: 'apps/writer/src/lane/tally.test.ts' }],
  },
  {
    name: 'memory-released-while-a-lane-holds-it',
    promise: 'a batch stays in memory until every lane that took it has settled it',
    file: 'apps/writer/src/pins.ts',
    find: '        holders.set(memory, count - 1)\n',
    put: '        holders.set(memory, count - 1)\n        memory.release()\n',
    suites: simulated,
  },
  {
    name: 'dead-letters-of-a-dropped-cycle-kept',
    promise: 'a record becomes a dead letter only in the write that settles its cycle',
    file: 'apps/writer/src/lane/tally.ts',
    find: '  dropped(): void {\n    this.#dying = []\n',
    put: '  dropped(): void {\n',
    suites: [{ project: 'unit', file: 'apps/writer/src/lane/tally.test.ts' }],
  },
  {
    name: 'a-record-looked-for-where-the-last-one-was',
    promise: 'a selection has the records that it was made of, in whatever order they are asked for',
    file: 'apps/writer/src/lane/records.ts',
    find: 'let part = (this.#starts[near] ?? 0) <= index ? near : 0',
    put: 'let part = near',
    suites: [{ project: 'unit', file: 'apps/writer/src/lane/records.test.ts' }],
  },
]
