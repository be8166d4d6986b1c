import { fileURLToPath } from 'node:url'
import { AccountId, type RoomId, roomArn } from '@roomlog/domain'
import { type LoadPlan, LoadReport } from '../load/plan.ts'
import { type App, KEY } from '../measure/apps.ts'
import { ACCOUNT_ID, REGION } from '../measure/database.ts'
import { startProcess } from '../measure/process.ts'

/** Runs the load generator against an api, in a process of its own. */
export async function runLoad(
  api: App,
  rooms: readonly RoomId[],
  plan: Omit<LoadPlan, 'url' | 'authorization' | 'roomArns'>,
): Promise<LoadReport> {
  const accountId = AccountId.parse(ACCOUNT_ID)
  const whole: LoadPlan = {
    ...plan,
    url: api.url,
    authorization: `Bearer ${KEY.id}.${KEY.secret}`,
    roomArns: rooms.map((roomId) => roomArn({ region: REGION, accountId, roomId })),
  }
  const child = startProcess({
    name: 'load',
    entry: fileURLToPath(new URL('../load/load-main.js', import.meta.url)),
    args: [JSON.stringify(whole)],
    env: {},
  })
  try {
    return await child.line((line) => LoadReport.safeParse(line).data)
  } finally {
    await child.stop()
  }
}
