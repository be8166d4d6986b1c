import { cpus, loadavg, totalmem } from 'node:os'

export type Machine = {
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly platform: string
  readonly node: string
  readonly date: string
  /** Of the last minute, before anything was started: what others were doing. */
  readonly load: number
}

/** What the numbers were taken on. */
export function describeMachine(nowMs: number): Machine {
  const all = cpus()
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    date: new Date(nowMs).toISOString().slice(0, 10),
    load: Number(loadavg()[0]?.toFixed(2)),
  }
}
