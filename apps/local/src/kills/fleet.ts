import { setTimeout as sleep } from 'node:timers/promises'
import { untilReady } from '../ready.ts'
import type { App, Plant } from './plant.ts'

const POLL_EVERY_MS = 20

export type Writer = App & {
  readonly name: string
  /** `paused`: by SIGSTOP. `going`: somebody is about to end it. */
  state: 'starting' | 'ready' | 'paused' | 'going'
}

/** The writers: as many as are wanted, whoever is killed. */
export type Fleet = {
  /** Those that run and are nobody's yet. */
  writers(): readonly Writer[]
  find(accessKeyId: string | undefined): Writer | undefined
  /** Waits until at least so many are ready. */
  untilReady(count: number): Promise<void>
  /** SIGKILL to its own process; resolves when it has ended. A new one is started before. */
  kill(writer: Writer): Promise<void>
  /** SIGTERM; resolves with whether it ended with 0. A new one is started before. */
  restart(writer: Writer): Promise<boolean>
  pause(writer: Writer): void
  resume(writer: Writer): void
}

export function createFleet(plant: Plant, wanted: number, signal: AbortSignal): Fleet {
  const all = new Set<Writer>()
  let lives = 0
  let starting = 0
  let failure: unknown

  async function start(): Promise<void> {
    lives += 1
    starting += 1
    const name = `writer-${lives}`
    try {
      const writer: Writer = Object.assign(await plant.startWriter(name), { name, state: 'starting' as const })
      all.add(writer)
      void writer.child.exited.then(() => all.delete(writer))
      starting -= 1
      await untilReady(writer.child, `${writer.url}/readyz`, signal)
      if (writer.state === 'starting') writer.state = 'ready'
    } catch (error) {
      // Whoever was killed while it started is no failure; that nobody wanted its end, `died` tells.
      if (![...all].some((writer) => writer.name === name)) return
      failure ??= error
    }
  }

  function fill(): void {
    const count = [...all].filter(({ state }) => state === 'starting' || state === 'ready').length + starting
    for (let missing = wanted - count; missing > 0; missing -= 1) void start()
  }

  const leave = (writer: Writer): void => {
    writer.state = 'going'
    plant.expectEnd(writer)
    fill()
  }

  fill()
  return {
    writers: () => [...all].filter(({ state }) => state === 'starting' || state === 'ready'),
    find: (accessKeyId) =>
      [...all].find(
        (writer) => writer.accessKeyId === accessKeyId && writer.state !== 'going' && writer.state !== 'paused',
      ),
    untilReady: async (count) => {
      while ([...all].filter(({ state }) => state === 'ready').length < count) {
        if (failure !== undefined) throw failure
        signal.throwIfAborted()
        fill()
        await sleep(POLL_EVERY_MS)
      }
    },
    kill: async (writer) => {
      leave(writer)
      writer.child.kill('SIGKILL')
      await writer.child.exited
    },
    restart: async (writer) => {
      leave(writer)
      writer.child.kill('SIGTERM')
      const { code } = await writer.child.exited
      return code === 0
    },
    pause: (writer) => {
      writer.state = 'paused'
      writer.child.kill('SIGSTOP')
      fill()
    },
    resume: (writer) => {
      writer.child.kill('SIGCONT')
      writer.state = 'ready'
    },
  }
}
