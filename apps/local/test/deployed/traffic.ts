import { setTimeout as sleep } from 'node:timers/promises'
import type { RoomlogClient } from '@roomlog/client'

/** A record that was acknowledged: asked for at one time and acknowledged at another, by the monotonic clock of the sender. */
export type Sent = {
  readonly id: string
  readonly sentMs: number
  readonly acknowledgedMs: number
}

/** Acknowledged records by room id. */
export type Ledger = Map<string, Sent[]>

/** `id` names it in the ledger and in destinations, `arn` in calls. */
export type Room = { readonly id: string; readonly arn: string }

export type Traffic = {
  /** What was not acknowledged. */
  readonly failures: readonly unknown[]
  /** Waits until that many more records are acknowledged. */
  more(records: number): Promise<void>
  stop(): Promise<void>
}

const PAUSE_MS = 10
const BATCH = 3

/** Sends to every room through every client, one call after the other in each pair, until stopped; adds to the ledger. */
export function startTraffic(clients: readonly RoomlogClient[], rooms: readonly Room[], ledger: Ledger): Traffic {
  for (const { id } of rooms) if (!ledger.has(id)) ledger.set(id, [])
  const failures: unknown[] = []
  const stopping = new AbortController()
  let acknowledged = 0

  async function send(client: RoomlogClient, room: Room): Promise<void> {
    for (let turn = 0; !stopping.signal.aborted; turn++) {
      const sentMs = performance.now()
      try {
        const ids = await sendOnce(client, room.arn, turn)
        const acknowledgedMs = performance.now()
        ledger.get(room.id)?.push(...ids.map((id) => ({ id, sentMs, acknowledgedMs })))
        acknowledged += ids.length
      } catch (error) {
        failures.push(error)
      }
      await sleep(PAUSE_MS)
    }
  }

  const senders = rooms.flatMap((room) => clients.map((client) => send(client, room)))
  return {
    failures,
    more: async (records) => {
      for (const goal = acknowledged + records; acknowledged < goal; ) {
        if (failures.length > 0) throw failures[0]
        await sleep(PAUSE_MS)
      }
    },
    stop: async () => {
      stopping.abort()
      await Promise.all(senders)
    },
  }
}

/** One call, of each kind in turn. */
async function sendOnce({ chat }: RoomlogClient, roomIdentifier: string, turn: number): Promise<readonly string[]> {
  const message = { roomIdentifier, sender: { userId: 'ann' }, content: `turn ${turn} ☕` }
  if (turn % 7 === 3) {
    const { id } = await chat.sendEvent.mutate({ roomIdentifier, eventName: 'app:TURN' })
    return [id]
  }
  if (turn % 5 === 1) {
    const messages = Array.from({ length: BATCH }, () => message)
    const { results } = await chat.sendMessages.mutate({ messages })
    return results.map((result) => {
      if ('id' in result) return result.id
      throw new Error(`${result.error.name}: ${result.error.message}`)
    })
  }
  return [(await chat.sendMessage.mutate(message)).id]
}
