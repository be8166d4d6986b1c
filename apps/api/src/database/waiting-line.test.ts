import { expect, test } from 'vitest'
import { createWaitingLine, LineTooLongError } from './waiting-line.ts'

function aLine(options: { readonly atOnce: number; readonly waitingMax: number }) {
  let ms = 0
  const line = createWaitingLine({ waitMaxMs: 1_000, nowMs: () => ms, ...options })
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  return {
    begun,
    run: (name: string) =>
      line(async () => {
        begun.push(name)
        await new Promise<void>((end) => ends.set(name, end))
        return name
      }),
    end: (name: string) => ends.get(name)?.(),
    pass: (by: number) => {
      ms += by
    },
    line,
  }
}

test('a few are under way at once, the others follow in the order in which they came', async () => {
  const { run, end, begun } = aLine({ atOnce: 2, waitingMax: 10 })
  const works = ['a', 'b', 'c', 'd'].map(run)
  await expect.poll(() => begun).toEqual(['a', 'b'])
  end('b')
  expect(await works[1]).toBe('b')
  await expect.poll(() => begun).toEqual(['a', 'b', 'c'])
  for (const name of ['a', 'c']) end(name)
  await expect.poll(() => begun).toEqual(['a', 'b', 'c', 'd'])
  end('d')
  expect(await Promise.all(works)).toEqual(['a', 'b', 'c', 'd'])
})

test('one too many is refused at once, and there is a place again once one has begun', async () => {
  const { run, end, begun } = aLine({ atOnce: 1, waitingMax: 1 })
  const works = [run('a'), run('b')]
  await expect(run('c')).rejects.toThrow(LineTooLongError)
  await expect.poll(() => begun).toEqual(['a'])
  end('a')
  await expect.poll(() => begun).toEqual(['a', 'b'])
  works.push(run('d'))
  end('b')
  await expect.poll(() => begun).toEqual(['a', 'b', 'd'])
  end('d')
  expect(await Promise.all(works)).toEqual(['a', 'b', 'd'])
})

test('whoever has waited too long when its turn comes is refused and never begins', async () => {
  const { run, end, pass, begun } = aLine({ atOnce: 1, waitingMax: 10 })
  const slow = run('slow')
  const early = run('early')
  pass(600)
  const late = run('late')
  await expect.poll(() => begun).toEqual(['slow'])
  pass(600)
  end('slow')
  expect(await slow).toBe('slow')
  await expect(early).rejects.toThrow(LineTooLongError)
  await expect.poll(() => begun).toEqual(['slow', 'late'])
  end('late')
  expect(await late).toBe('late')
})

test('a work that fails gives its turn to the next', async () => {
  const { line } = aLine({ atOnce: 1, waitingMax: 1 })
  const failing = line(() => Promise.reject(new Error('lost')))
  const next = line(async () => 'done')
  await expect(failing).rejects.toThrow('lost')
  expect(await next).toBe('done')
})
