import { defineConfig } from 'vitest/config'

const resolve = {
  conditions: ['@roomlog/source'],
  // The suite that every sink passes, for the simulated ones too; it is not published.
  alias: { '@roomlog/sinks/contract': new URL('packages/sinks/src/sink.contract.ts', import.meta.url).pathname },
}
const ssr = { resolve: { conditions: ['@roomlog/source'], externalConditions: ['@roomlog/source'] } }
const exclude = ['**/node_modules/**', '**/dist/**']

// Tests run on the sources of the workspace, never on a dist that may be stale.
export default defineConfig({
  test: {
    // Most integration tests wait for processes and disks; vitest's own choice on 2 cores is one file at a time.
    maxWorkers: 3,
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          // Pure rules leave nothing behind: one load of the sources serves many files, a quarter of the CPU.
          isolate: false,
          include: [
            '{apps,packages}/*/{src,test}/**/*.test.ts',
            'prisma/src/**/*.test.ts',
            'bench/src/**/*.test.ts',
            'scripts/*.test.ts',
          ],
          exclude: [...exclude, '**/*.{integration,simulation}.test.ts'],
          // Property tests on a busy machine.
          testTimeout: 30_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'integration',
          include: ['{apps,packages}/*/{src,test}/**/*.integration.test.ts', 'prisma/src/**/*.integration.test.ts'],
          exclude,
          globalSetup: ['packages/embedded-postgres/src/vitest-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        ssr,
        test: { name: 'simulation', include: ['{apps,packages}/*/test/**/*.simulation.test.ts'], exclude },
      },
    ],
  },
})
