import type { Mutation } from './mutation.ts'

/** Bugs on the way from a request to the journal. */
export const apiMutations: readonly Mutation[] = [
  {
    name: 'send-time-repeats',
    promise: 'SendTime strictly increases within a process',
    file: 'apps/api/src/time/database-clock.ts',
    find: 'const firstNs = now > lastNs ? now : lastNs + 1n',
    put: 'const firstNs = now',
    suites: [{ project: 'unit', file: 'apps/api/src/time/database-clock.test.ts' }],
  },
  {
    name: 'times-of-one-call-given-twice',
    promise: 'SendTime strictly increases within a process, also over a call that took many times at once',
    file: 'apps/api/src/time/database-clock.ts',
    find: 'lastNs = firstNs + BigInt(count - 1)',
    put: 'lastNs = firstNs',
    suites: [{ project: 'unit', file: 'apps/api/src/time/database-clock.test.ts' }],
  },
  {
    name: 'plain-without-the-attributes',
    promise: 'what the quick look takes for a message is one that the schema takes',
    file: 'packages/domain/src/plain-message.ts',
    find: '    areAttributes(attributes) &&\n',
    put: '',
    suites: [{ project: 'unit', file: 'packages/domain/src/plain-message.test.ts' }],
  },
  {
    name: 'key-met-twice-is-copied',
    promise:
      'what is copied from a body is what its values would say: of two keys that are the same the second one counts',
    file: 'packages/domain/src/json-reader.ts',
    find: 'if (!this.#isNewKey(keyAt, pairs)) return false\n',
    put: '',
    suites: [{ project: 'unit', file: 'packages/domain/src/message-reader.test.ts' }],
  },
  {
    name: 'copied-without-looking-at-its-utf-8',
    promise: 'a record is well-formed UTF-8, whatever the body was',
    file: 'packages/domain/src/message-reader.ts',
    find: 'if (!isUtf8(body)) return undefined\n      const reader = new JsonReader(body)\n      const message',
    put: 'const reader = new JsonReader(body)\n      const message',
    suites: [{ project: 'unit', file: 'packages/domain/src/message-reader.test.ts' }],
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
  {
    name: 'all-connections-for-transactions-that-wait',
    promise: 'changes that wait for each other stand in the way of nobody who only reads',
    file: 'apps/api/src/api.ts',
    find: 'Math.max(1, controlMax - 1)',
    put: 'controlMax',
    suites: [{ project: 'integration', file: 'apps/api/src/burst.integration.test.ts' }],
  },
]
