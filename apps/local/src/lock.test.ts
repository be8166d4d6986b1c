import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { takeLock } from './lock.ts'

const folder = mkdtempSync(join(tmpdir(), 'roomlog-lock-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('one holder at a time, and the refusal says who it is', async () => {
  const path = join(folder, 'one.lock')
  const lock = await takeLock(path)
  expect(lock.leftBehind).toBe(false)
  await expect(takeLock(path)).rejects.toThrow(new RegExp(`already running.*pid ${process.pid}`))
  lock.release()
  const next = await takeLock(path)
  next.release()
  expect(readdirSync(folder)).toEqual([])
})

test('the lock of a process that is gone is taken over, also when its number lives on in another', async () => {
  const path = join(folder, 'stale.lock')
  for (const holder of [
    { pid: 2 ** 22 + 1, startedAt: '1' },
    { pid: process.pid, startedAt: '1' },
  ]) {
    writeFileSync(path, JSON.stringify(holder))
    const lock = await takeLock(path)
    expect(lock.leftBehind).toBe(true)
    lock.release()
  }
})

test('a damaged lock holds nobody back', async () => {
  const path = join(folder, 'damaged.lock')
  writeFileSync(path, '{"pid":')
  const lock = await takeLock(path)
  lock.release()
})
