import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LocalAws, type LocalAwsOptions, startLocalAws } from '@roomlog/local-aws'
import { type Clients, createClients } from './clients.ts'

export type LocalService = {
  readonly aws: LocalAws
  readonly clients: Clients
  /** A name that no other test has. */
  newName(): string
  close(): Promise<void>
}

/** The stand-in in a folder of its own, with clients that give up early. */
export async function startLocalService(options: Pick<LocalAwsOptions, 'credentials'> = {}): Promise<LocalService> {
  const dataDir = await mkdtemp(join(tmpdir(), 'roomlog-sinks-'))
  const aws = await startLocalAws({ ...options, dataDir, fsync: false })
  const clients = createClients(aws.url, { requestTimeoutMs: 2_000 })
  let names = 0
  return {
    aws,
    clients,
    newName: () => {
      names += 1
      return `destination-${names}`
    },
    close: async () => {
      clients.close()
      await aws.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
