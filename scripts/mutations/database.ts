import type { Mutation, Suite } from './mutation.ts'

const SESSION = 'prisma/src/session.ts'
const session = (test: string): readonly Suite[] => [
  { project: 'integration', file: 'prisma/src/session.integration.test.ts', test },
]

/** Bugs in how the database is met. */
export const databaseMutations: readonly Mutation[] = [
  {
    name: 'dates-in-the-style-of-the-database',
    promise: 'defaults of a role or a database do not change what is read',
    file: SESSION,
    find: "  DateStyle: 'ISO, MDY',\n",
    put: '',
    suites: session('DateStyle'),
  },
  {
    name: 'times-in-the-zone-of-the-database',
    promise: 'defaults of a role or a database do not change what is read: a time zone moves no time',
    file: SESSION,
    find: "  TimeZone: 'UTC',\n",
    put: '',
    suites: session('TimeZone'),
  },
  {
    name: 'rows-hidden-by-a-policy',
    promise: 'rows that a policy hides are an error, not taken as not being there',
    file: SESSION,
    find: "row_security: 'off'",
    put: "row_security: 'on'",
    suites: session('a policy'),
  },
  {
    name: 'first-connection-not-looked-at-again',
    promise: 'a pooler in transaction mode is refused, in whatever order it hands its connections out',
    file: 'prisma/src/pooler.ts',
    find: '!kept || !(await isMarked(one)) || !(await isMarked(one))',
    put: '!kept',
    suites: [{ project: 'integration', file: 'prisma/src/pooler.integration.test.ts' }],
  },
  {
    name: 'ready-while-nothing-can-be-appended',
    promise: '/readyz of the api says no when it cannot append',
    file: 'packages/journal/src/postgres/probe.ts',
    find: 'text: PROBE,',
    put: "text: 'select 1',",
    suites: [{ project: 'integration', file: 'apps/api/src/http/readiness.integration.test.ts', test: 'gone' }],
  },
]
