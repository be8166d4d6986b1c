import { createPool } from '@roomlog/db'
import { RoomId } from '@roomlog/domain'
import { createPostgresJournal } from '@roomlog/journal/postgres'
import { expect, test } from 'vitest'
import { createTestDatabase, startApi } from '../../test/start-api.ts'
import { createRoomLoader } from './load-rooms.ts'

test('rooms are never older than the version that they are said to be at', async () => {
  const { url } = await createTestDatabase()
  const api = await startApi(url)
  const pool = createPool({ url, max: 2, applicationName: 'test' })
  try {
    const destinationConfiguration = { s3: { bucketName: 'bucket' } }
    const { arn } = (await api.call('loggingConfiguration.create', { destinationConfiguration })).data
    const room = (await api.call('room.create', { loggingConfigurationIdentifiers: [arn] })).data
    const journal = await createPostgresJournal({ pool })
    const load = createRoomLoader(pool, {
      async configVersion(partition) {
        // At the worst moment: just before the version is read.
        await api.call('room.update', { identifier: room.arn, loggingConfigurationIdentifiers: [] })
        return journal.configVersion(partition)
      },
    })
    const { rooms } = await load([RoomId.parse(room.id)])
    expect(rooms).toMatchObject([{ destinations: [] }])
  } finally {
    await Promise.all([api.close(), pool.end()])
  }
})
