import { expect, test } from 'vitest'
import { Book } from './book.ts'
import { type Found, judge } from './judge.ts'

/** Two calls to room `a` one after the other, two records each; one to room `b` whose answer is lost; one that is refused. */
function bookOfFive(): Book {
  const book = new Book()
  for (let call = 0; call < 2; call += 1) {
    for (const number of book.ask(['a', 'a'])) book.acknowledge(number, `id-${number}`)
  }
  for (const number of book.ask(['b'])) book.lose(number)
  for (const number of book.ask(['b'])) book.refuse(number)
  return book
}

function at(number: number, more: Partial<Found> = {}): Found {
  return { number, id: `id-${number}`, roomId: number < 4 ? 'a' : 'b', visibleAtMs: 0, ...more }
}

const ALL = [0, 1, 2, 3].map((number) => at(number))

test('all of it once and in order is as it should be, with what was lost or without', () => {
  const well = { found: 4, missing: 0, repeats: 0, strangers: 0, roomsOutOfOrder: 0, examples: [] }
  expect(judge(bookOfFive(), ALL)).toEqual({ ...well, unanswered: new Set() })
  expect(judge(bookOfFive(), [...ALL, at(4)])).toEqual({ ...well, unanswered: new Set([4]) })
})

test('what is missing or there again is counted', () => {
  expect(judge(bookOfFive(), [at(0), at(1), at(3)])).toMatchObject({ found: 3, missing: 1 })
  expect(judge(bookOfFive(), [...ALL, at(0), at(4), at(4)])).toMatchObject({ found: 4, repeats: 2 })
})

test('what was refused, never asked for, or lies under another room or Id is a stranger', () => {
  for (const stranger of [at(5), at(6), at(2, { roomId: 'b' }), at(2, { id: 'id-9' })]) {
    expect(judge(bookOfFive(), [...ALL, stranger])).toMatchObject({ strangers: 1, repeats: 0 })
  }
})

test('an order that the acknowledgements, or the call, do not allow is seen', () => {
  const orders = [
    [0, 1, 2, 3],
    [2, 3, 0, 1],
    [1, 0, 2, 3],
    [0, 2, 1, 3],
  ]
  expect(
    orders.map(
      (order) =>
        judge(
          bookOfFive(),
          order.map((n) => at(n)),
        ).roomsOutOfOrder,
    ),
  ).toEqual([0, 1, 1, 1])
})

test('of calls that overlapped either may be first, and a repeat does not change the order', () => {
  const book = new Book()
  const [first = 0] = book.ask(['a'])
  const [second = 1] = book.ask(['a'])
  for (const number of [first, second]) book.acknowledge(number, `id-${number}`)
  expect(judge(book, [at(1), at(0), at(1)]).roomsOutOfOrder).toBe(0)
})
