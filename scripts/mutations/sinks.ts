import type { Mutation, Suite } from './mutation.ts'

const s3 = (test?: string): readonly Suite[] => [
  { project: 'integration', file: 'packages/sinks/src/s3/sink.integration.test.ts', test },
]

/** Bugs in the sinks. */
export const sinkMutations: readonly Mutation[] = [
  {
    name: 'key-from-the-clock',
    promise: "an object's key is a function of its first record and its destination version",
    file: 'packages/sinks/src/s3/object.ts',
    find: 'timeMs: first.timeMs,',
    put: 'timeMs: Date.now(),',
    suites: s3('an object says what it is'),
  },
  {
    name: 'key-without-the-record-id',
    promise: 'objects of a restored database never meet those of the lost history under one key',
    file: 'packages/domain/src/object-key.ts',
    find: '.update(`',
    put: '.update(roomId || `',
    suites: [{ project: 'unit', file: 'packages/domain/src/object-key.test.ts' }],
  },
  {
    name: 'put-without-if-none-match',
    promise: 'an object is never overwritten',
    file: 'packages/sinks/src/s3/sink.ts',
    find: "    IfNoneMatch: '*',\n",
    put: '',
    suites: s3('the same write twice leaves one object'),
  },
  {
    name: 'a-store-that-ignores-if-none-match-believed',
    promise: 'a store that does not answer 412 to the second put of its first object is refused',
    file: 'packages/sinks/src/s3/proof.ts',
    find: "return { status: 'failed', verdict: IGNORED }",
    put: 'return first',
    suites: [{ project: 'unit', file: 'packages/sinks/src/s3/proof.test.ts' }],
  },
  {
    name: 'a-5xx-taken-as-not-done',
    promise: 'only a 200 or a named 4xx settles a call',
    file: 'packages/sinks/src/classify.ts',
    find: 'return status >= 300 && status < 500 && (name !== undefined',
    put: 'return status >= 300 && status < 600 && (name !== undefined',
    suites: [{ project: 'unit', file: 'packages/sinks/src/classify.test.ts' }],
  },
  {
    name: 'a-refused-read-back-taken-for-empty',
    promise: 'what cannot be read back is never guessed',
    file: 'packages/sinks/src/cloudwatch-logs/recall.ts',
    find: "if (prepared.status !== 'created') return prepared",
    put: "if (prepared.status !== 'created') return { status: 'recalled', found: new Set() }",
    suites: [
      {
        project: 'integration',
        file: 'packages/sinks/src/cloudwatch-logs/sink.integration.test.ts',
        test: 'a recall of a missing group is refused',
      },
    ],
  },
  {
    name: 'an-event-with-the-time-of-its-neighbour',
    promise: "an event's time is its record's",
    file: 'packages/sinks/src/cloudwatch-logs/event-writer.ts',
    find: ' || lowMs >= TIME_LOW',
    put: '',
    suites: [{ project: 'unit', file: 'packages/sinks/src/cloudwatch-logs/events-body.test.ts' }],
  },
  {
    name: 'a-line-beyond-its-memory',
    promise: 'a body never has anything of an earlier one in it, which may be of another room',
    file: 'packages/sinks/src/lines.ts',
    find: 'if (end > source.length) return -1',
    put: '',
    suites: [{ project: 'unit', file: 'packages/sinks/src/cloudwatch-logs/events-body.test.ts' }],
  },
  {
    name: 'a-stream-that-is-not-seen-yet-taken-for-empty',
    promise: 'what cannot be read back is never guessed',
    file: 'packages/sinks/src/cloudwatch-logs/recall.ts',
    find: "if (recalled === 'missing') return MISSING_STILL",
    put: "if (recalled === 'missing') return { status: 'recalled', found: asked.found }",
    suites: [
      {
        project: 'integration',
        file: 'packages/sinks/src/cloudwatch-logs/sink.integration.test.ts',
        test: 'a stream that was made and that reads do not show yet',
      },
    ],
  },
  {
    name: 'a-missing-stream-read-around',
    promise: 'reading back takes about as many pages as what is asked for, also where a room is new',
    file: 'packages/sinks/src/cloudwatch-logs/recall.ts',
    find: 'recalled = await filter(group, asked, reading, signal)\n    if',
    put: 'recalled = await filter(group, asked, { ...reading, streams: WHOLE_PREFIX }, signal)\n    if',
    suites: [
      {
        project: 'integration',
        file: 'packages/sinks/src/cloudwatch-logs/sink.integration.test.ts',
        test: 'a room without a stream does not make a recall',
      },
    ],
  },
  {
    name: 'a-whole-group-read-for-many-rooms',
    promise: 'reading back takes at most twice as many pages as what is asked for, however much others have',
    file: 'packages/sinks/src/cloudwatch-logs/recall.ts',
    find: '{ streams: WHOLE_PREFIX, pagesMax }',
    put: '{ streams: WHOLE_PREFIX, pagesMax: FILTER_PAGES_MAX }',
    suites: [
      {
        project: 'integration',
        file: 'packages/sinks/src/cloudwatch-logs/sink.integration.test.ts',
        test: 'many rooms are asked for by name',
      },
    ],
  },
  {
    name: 'rooms-beyond-the-first-hundred-taken-for-empty',
    promise: 'what was not read back is never guessed',
    file: 'packages/sinks/src/cloudwatch-logs/recall.ts',
    find: 'at < rooms.length; at += FILTER_STREAMS_MAX',
    put: 'at < 1; at += FILTER_STREAMS_MAX',
    suites: [
      {
        project: 'integration',
        file: 'packages/sinks/src/cloudwatch-logs/sink.integration.test.ts',
        test: 'many rooms are asked for by name',
      },
    ],
  },
  {
    name: 'a-listener-left-behind-by-a-shared-reading',
    promise: 'a reading that many share leaves no listener behind',
    file: 'packages/sinks/src/cloudwatch-logs/shared-recall.ts',
    find: "for (const { signal } of together) signal?.removeEventListener('abort', look)",
    put: '',
    suites: [{ project: 'unit', file: 'packages/sinks/src/cloudwatch-logs/shared-recall.test.ts' }],
  },
  {
    name: 'memory-of-a-call-without-an-answer-used-again',
    promise: 'a body stays as it is while its call may still be on its way out',
    file: 'packages/sinks/src/cloudwatch-logs/sink.ts',
    find: "if (sent.ok || sent.verdict.name === 'ResourceNotFoundException') scratch.give(body)",
    put: 'scratch.give(body)',
    suites: [
      {
        project: 'integration',
        file: 'packages/sinks/src/failures.integration.test.ts',
        test: 'not free when there was no answer',
      },
    ],
  },
]
