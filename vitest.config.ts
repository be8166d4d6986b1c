import { defineConfig } from 'vitest/config'

const resolve = { conditions: ['@roomlog/source'] }
const ssr = { resolve: { conditions: ['@roomlog/source'], externalConditions: ['@roomlog/source'] } }
const exclude = ['**/node_modules/**', '**/dist/**']

// Tests run on the sources of the workspace, never on a dist that may be stale.
export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: ['{apps,packages}/*/{src,test}/**/*.test.ts', 'prisma/src/**/*.test.ts', 'scripts/*.test.ts'],
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
