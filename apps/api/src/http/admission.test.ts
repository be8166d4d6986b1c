import { expect, test } from 'vitest'
import { type Admission, createAdmission } from './admission.ts'

const enterMany = (admission: Admission, accountId: string | undefined, tries = 1_000) =>
  Array.from({ length: tries }, () => admission.enter(accountId)).filter((ticket) => ticket !== undefined)

test('one account alone comes to half of all slots, and others to half of what it leaves', () => {
  const admission = createAdmission({ requestsMax: 100, bytesMax: 100 })
  expect(enterMany(admission, 'a')).toHaveLength(50)
  expect(enterMany(admission, 'b')).toHaveLength(25)
  expect(enterMany(admission, 'a')).toHaveLength(0)
  expect(enterMany(admission, 'c')).toHaveLength(13)
})

test('a slot is free once it is left, and what is left twice is free once', () => {
  const admission = createAdmission({ requestsMax: 1, bytesMax: 100 })
  const ticket = admission.enter('a')
  expect(ticket).toBeDefined()
  expect(admission.enter('b')).toBeUndefined()
  ticket?.leave()
  ticket?.leave()
  expect(enterMany(admission, 'b')).toHaveLength(1)
})

test('bytes are counted as they are taken, an account to half of what the others leave, and are free with their ticket', () => {
  const admission = createAdmission({ requestsMax: 100, bytesMax: 100 })
  const [one, two, other] = [admission.enter('a'), admission.enter('a'), admission.enter('b')]
  expect(one?.take(40)).toBe(true)
  expect(two?.take(11)).toBe(false)
  expect(two?.take(10)).toBe(true)
  expect(other?.take(26)).toBe(false)
  expect(other?.take(25)).toBe(true)
  one?.leave()
  expect(other?.take(20)).toBe(true)
})

test('answers that nobody reads leave their account no further request, until they are read', () => {
  const admission = createAdmission({ requestsMax: 100, bytesMax: 100 })
  const ticket = admission.enter('a')
  const read = ticket?.hold(50)
  ticket?.leave()
  expect(admission.enter('a')).toBeUndefined()
  expect(admission.enter('b')).toBeDefined()
  read?.()
  expect(admission.enter('a')).toBeDefined()
})

test('strangers have one small share, however many they are', () => {
  const admission = createAdmission({ requestsMax: 80, bytesMax: 80 })
  const strangers = enterMany(admission, undefined)
  expect(strangers).toHaveLength(10)
  expect(strangers[0]?.take(11)).toBe(false)
  expect(strangers[0]?.take(10)).toBe(true)
  expect(enterMany(admission, 'a')).toHaveLength(35)
})

test('an account that left nothing behind is not remembered', () => {
  const admission = createAdmission({ requestsMax: 100, bytesMax: 100 })
  for (let n = 0; n < 1_000; n += 1) {
    const ticket = admission.enter(`account ${n}`)
    ticket?.take(10)
    const read = ticket?.hold(10)
    ticket?.leave()
    read?.()
  }
  const [last] = enterMany(admission, 'a')
  expect(last?.take(50)).toBe(true)
})
