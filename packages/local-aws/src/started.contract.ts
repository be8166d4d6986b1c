import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { FirehoseClient } from '@aws-sdk/client-firehose'
import { S3Client } from '@aws-sdk/client-s3'
import { afterEach } from 'vitest'

/** A data folder and SDK clients that go away with the test. */
export function cleanUp() {
  const ends: (() => Promise<void> | void)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
  return {
    async folder(): Promise<string> {
      const folder = await mkdtemp(join(tmpdir(), 'local-aws-'))
      ends.push(() => rm(folder, { recursive: true }))
      return folder
    },
    clients(endpoint: string, accessKeyId = 'test', secretAccessKey = 'test') {
      const options = { endpoint, region: 'eu-west-1', maxAttempts: 1, credentials: { accessKeyId, secretAccessKey } }
      const s3 = new S3Client({ ...options, forcePathStyle: true })
      const logs = new CloudWatchLogsClient(options)
      const firehose = new FirehoseClient(options)
      ends.push(() => {
        for (const client of [s3, logs, firehose]) client.destroy()
      })
      return { s3, logs, firehose }
    },
    /** Run at the end of the test, last come first. */
    atEnd: (end: () => Promise<void> | void) => {
      ends.push(end)
    },
  }
}

export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('It did not come to be in time.')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
