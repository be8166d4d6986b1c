/** Bugs on the way from a request to the journal. */
export const apiMutations = [
  {
    name: 'send-time-repeats',
    promise: 'SendTime strictly increases within a process',
    file: 'apps/api/src/time/database-clock.ts',
    find: 'lastNs = now > lastNs ? now : lastNs + 1n',
    put: 'lastNs = now',
    suites: [{ project: 'unit', file: 'apps/api/src/time/database-clock.test.ts' }],
  },
  {
    name: 'duplicates-of-a-target-not-merged',
    promise: 'two configurations of one room with the same destination are delivered once, through the first listed',
    file: 'apps/api/src/rooms/load-rooms.ts',
    find: 'select distinct on (d.kind, d.target) d.id, l.ordinal',
    put: 'select distinct on (d.kind, d.target, l.ordinal) d.id, l.ordinal',
    suites: [
      { project: 'integration', file: 'apps/api/src/api.integration.test.ts', test: 'every kind of chat request' },
    ],
  },
]
