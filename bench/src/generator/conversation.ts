import { pick } from './random.ts'
import { EMOJI, FOREIGN, WORDS } from './words.ts'
import { createZipf } from './zipf.ts'

export type Sender = { readonly userId: string; readonly attributes: Readonly<Record<string, string>> }

export type Utterance = {
  readonly content: string
  readonly sender: Sender
  readonly attributes: Readonly<Record<string, string>>
}

const SENDERS = 4_000
const CONTENTS = 20_000

/** Who says what, drawn from pools that are made once. */
export function createConversation(random: () => number): { next(): Utterance; event(): Utterance } {
  const drawWord = createZipf(WORDS.length, 0.25, random)
  const senders = Array.from({ length: SENDERS }, (_, n) => senderOf(n, random))
  const contents = Array.from({ length: CONTENTS }, () => contentOf(drawWord, random))
  const drawSender = createZipf(SENDERS, 0.6, random)
  const next = (): Utterance => ({
    content: pick(contents, random),
    sender: senders[drawSender()] ?? pick(senders, random),
    attributes: attributesOf(random),
  })
  return { next, event: next }
}

function senderOf(n: number, random: () => number): Sender {
  const name = `${pick(WORDS, random)}${random() < 0.5 ? '_' : ''}${pick(WORDS, random)}${Math.floor(random() * 1000)}`
  return {
    userId: `user-${String(n * 7_919 + 104_729).padStart(8, '0')}`,
    attributes: {
      displayName: random() < 0.08 ? `${name} ${pick(FOREIGN, random)}` : name,
      avatar: Math.floor(random() * 2 ** 48).toString(36),
      ...(random() < 0.1
        ? { badges: pick(['subscriber/3', 'moderator', 'vip', 'subscriber/12,bits/100'], random) }
        : {}),
    },
  }
}

function attributesOf(random: () => number): Record<string, string> {
  return { platform: pick(['web', 'ios', 'android'], random) }
}

function contentOf(drawWord: () => number, random: () => number): string {
  const style = random()
  if (style < 0.05) return pick(EMOJI, random).repeat(1 + Math.floor(random() * 4))
  const words: string[] = []
  const wanted = 3 + Math.floor(-Math.log(1 - random()) * 9)
  for (let i = 0; i < Math.min(wanted, 60); i++) {
    const word = style < 0.17 ? pick(FOREIGN, random) : (WORDS[drawWord()] ?? '')
    words.push(random() < 0.12 ? misspelled(word, random) : word)
  }
  if (random() < 0.15) words.push(pick(EMOJI, random))
  if (random() < 0.03) words.push(`"quoted" https://example.com/c/${Math.floor(random() * 1e9).toString(36)}`)
  return [...words.join(' ')].slice(0, 480).join('')
}

/** A letter twice, or one lost. */
function misspelled(word: string, random: () => number): string {
  const letters = [...word]
  const at = Math.floor(random() * letters.length)
  const letter = letters[at] ?? ''
  letters.splice(at, 1, random() < 0.5 ? letter.repeat(2) : '')
  return letters.join('')
}
