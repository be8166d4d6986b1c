import { type CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'

/** Every event of a log group, as a record's line. */
export async function readEvents(client: CloudWatchLogsClient, logGroupName: string): Promise<Buffer[]> {
  const lines: Buffer[] = []
  let nextToken: string | undefined
  do {
    const page = await client.send(new FilterLogEventsCommand({ logGroupName, nextToken }))
    for (const { message } of page.events ?? []) lines.push(Buffer.from(`${message}\n`))
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  return lines
}
