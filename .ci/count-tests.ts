// Prints `<passed> <failed>` from a JSON report of vitest. A run that failed without a failed test (a file that did not
// load, an unhandled error, no report at all) counts as one failure, so that a red run never counts as zero.
import { readFileSync } from 'node:fs'
import { z } from 'zod'

const Report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
})

const [path = '', status] = process.argv.slice(2)
const { passed, failed } = read(path)
console.log(passed, failed === 0 && status !== '0' ? 1 : failed)

function read(path: string): { readonly passed: number; readonly failed: number } {
  try {
    const { numPassedTests, numFailedTests, testResults } = Report.parse(JSON.parse(readFileSync(path, 'utf8')))
    const unloaded = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
    return { passed: numPassedTests, failed: numFailedTests + unloaded.length }
  } catch {
    return { passed: 0, failed: 1 }
  }
}
