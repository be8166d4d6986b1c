import { parseDatabaseUrl } from '@roomlog/db/pool'
import { DEMO_DESTINATIONS } from './destinations.ts'
import type { Folder } from './folder.ts'
import type { Pids, System } from './system.ts'

/** What `npm start` prints when all is ready: where everything is, and a line to try. */
export function welcome(about: {
  readonly system: Pick<System, 'apiUrl' | 'writerUrl' | 'standInUrl' | 'databaseUrl'>
  readonly pids: Pids
  readonly folder: Pick<Folder, 'path' | 'aws' | 'standIn' | 'logs' | 'credentials' | 'postgres'>
  readonly curlOptions: string
  readonly demoRoom: string | undefined
}): string {
  const { system, pids, folder, demoRoom } = about
  const lines = [
    '',
    'Roomlog is ready.',
    '',
    `  api         ${system.apiUrl}/trpc (pid ${pids.api})`,
    `  writer      ${system.writerUrl}/readyz (pid ${pids.writer})`,
    pids.postgres === undefined
      ? `  Postgres    ${withoutPassword(system.databaseUrl)}`
      : `  Postgres    ${withoutPassword(system.databaseUrl)} (pid ${pids.postgres}), password in ${folder.postgres}/password`,
    system.standInUrl === undefined
      ? '  records to  AWS, by the variables of your environment'
      : `  stand-in    ${system.standInUrl} (pid ${pids.standIn}) for S3, CloudWatch Logs and Firehose, data in ${folder.aws}, key in ${folder.standIn}`,
    `  access key  ${folder.credentials}`,
    `  logs        ${folder.logs}`,
  ]
  if (demoRoom === undefined) {
    lines.push(
      '',
      'There is no room yet: make logging configurations for your bucket, log group or stream, and a room.',
    )
    lines.push('', 'Try it:', '', `  curl -s -K ${quote(about.curlOptions)} ${system.apiUrl}/trpc/room.list`)
  } else {
    lines.push(
      `  demo room   ${demoRoom}`,
      `              records to the bucket ${DEMO_DESTINATIONS.bucket}, the log group ${DEMO_DESTINATIONS.logGroup} and the delivery stream ${DEMO_DESTINATIONS.deliveryStream}`,
      '',
      'Try it:',
      '',
      `  ${sendMessage(about.curlOptions, system.apiUrl, demoRoom)}`,
    )
  }
  lines.push('', 'Ctrl-C stops everything; the data stays.', '')
  return lines.join('\n')
}

function sendMessage(curlOptions: string, apiUrl: string, roomIdentifier: string): string {
  const input = { roomIdentifier, sender: { userId: 'ann' }, content: 'Hello' }
  return `curl -s -K ${quote(curlOptions)} ${apiUrl}/trpc/chat.sendMessage -d ${quote(JSON.stringify(input))}`
}

function quote(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

function withoutPassword(databaseUrl: string): string {
  const url = parseDatabaseUrl(databaseUrl)
  url.password = ''
  url.searchParams.delete('password')
  return url.href
}
