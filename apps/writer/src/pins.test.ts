import { expect, test } from 'vitest'
import { createPins } from './pins.ts'

test('a batch counts once however many lanes keep it, until the last one drops it', () => {
  const pins = createPins({ limitBytes: 1_000, wholeBytesMin: 0 }, () => {})
  const [batch, another] = [Buffer.alloc(300), Buffer.alloc(50)]
  for (const memory of [batch, batch, another]) pins.keep(memory)
  expect(pins.bytes()).toBe(350)
  pins.drop(batch)
  expect(pins.bytes()).toBe(350)
  pins.drop(batch)
  expect(pins.bytes()).toBe(50)
  expect(() => pins.drop(batch)).toThrow('nobody keeps')
})

test('what is being read counts too; when there is room again it is told once', () => {
  let told = 0
  const pins = createPins({ limitBytes: 1_000, wholeBytesMin: 0 }, () => (told += 1))
  const batch = Buffer.alloc(900)
  pins.keep(batch)
  const giveBack = pins.reserve(100)
  expect([pins.full(), pins.tight()]).toEqual([true, true])
  giveBack()
  giveBack()
  expect([pins.full(), told]).toEqual([false, 1])
})
