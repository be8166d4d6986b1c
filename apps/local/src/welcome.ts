import { DEMO_DESTINATIONS } from './destinations.ts'
import type { Folder } from './folder.ts'
import type { System } from './system.ts'

/** What `npm start` prints when all is ready: where everything is, and a line to try. */
export function welcome(about: {
  readonly system: Pick<System, 'apiUrl' | 'writerUrl' | 'standInUrl' | 'databaseUrl'>
  readonly folder: Pick<Folder, 'path' | 'aws' | 'logs' | 'credentials' | 'postgres'>
  readonly curlOptions: string
  readonly demoRoom: string | undefined
  /** Whether the database is our own. */
  readonly embedded: boolean
}): string {
  const { system, folder, demoRoom } = about
  const password = about.embedded ? `, password in ${folder.postgres}/password` : ''
  const lines = [
    '',
    'Roomlog is ready.',
    '',
    `  api         ${system.apiUrl}/trpc`,
    `  writer      ${system.writerUrl}/readyz`,
    `  Postgres    ${withoutPassword(system.databaseUrl)}${password}`,
    system.standInUrl === undefined
      ? '  records to  AWS, by the variables of your environment'
      : `  stand-in    ${system.standInUrl} for S3, CloudWatch Logs and Firehose, data in ${folder.aws}`,
    `  access key  ${folder.credentials}`,
    `  logs        ${folder.logs}`,
  ]
  if (demoRoom === undefined) {
    lines.push(
      '',
      'There is no room yet: make logging configurations for your bucket, log group or stream, and a room.',
    )
    lines.push('', 'Try it:', '', `  curl -K ${quote(about.curlOptions)} ${system.apiUrl}/trpc/room.list`)
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
  return `curl -K ${quote(curlOptions)} ${apiUrl}/trpc/chat.sendMessage -d ${quote(JSON.stringify(input))}`
}

function quote(text: string): string {
  return /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

function withoutPassword(databaseUrl: string): string {
  const url = new URL(databaseUrl)
  url.password = ''
  return url.href
}
