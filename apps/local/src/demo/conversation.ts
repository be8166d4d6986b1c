import type { ChatRequest } from './request.ts'

type Line = readonly [who: string, what: string]

const LAUNCH: readonly Line[] = [
  ['mira', 'Good evening everybody, the stream starts in five minutes'],
  ['theo', 'hi from a very rainy Ghent'],
  ['ines', 'olá! 👋'],
  ['kofi', 'first time here, what are we launching?'],
  ['mira', 'a camera that fits on a kite 🪁'],
  ['theo', 'of course you are'],
  ['ines', 'how heavy is it?'],
  ['mira', '41 grams with the battery'],
  ['juno', 'sound is a bit low on my side'],
  ['mira', 'thanks juno, turning it up'],
  ['juno', 'better 👍'],
  ['kofi', 'what happens when the line breaks?'],
  ['mira', 'it beeps until you find it, we lost only two so far'],
  ['theo', '"only" 😄'],
  ['spam-bot', 'CHEAP KITES!!! visit totally-real-kites.example'],
  ['ines', 'can it see at night?'],
  ['mira', 'a little; the sensor is the one of the owl project'],
  ['kofi', 'the owl project was lovely'],
  ['theo', 'will the recording be up tomorrow?'],
  ['mira', 'tonight already, with this chat beside it'],
  ['juno', '🎉🎉🎉'],
]

const KITCHEN: readonly Line[] = [
  ['amal', 'today: flatbread, 3 ingredients'],
  ['bo', 'flour, water, patience?'],
  ['amal', 'flour, yoghurt, salt. Patience is free'],
  ['carla', 'what kind of flour? ours is a mix of wheat & rye'],
  ['amal', 'that works, add a spoon of water'],
  ['bo', 'my dough sticks to everything, including the cat 🐈'],
  ['amal', 'dust your hands, not the dough'],
  ['carla', 'how hot is the pan?'],
  ['amal', 'hot enough that a drop of water dances'],
  ['dmitri', 'у меня получилось!'],
  ['bo', 'looks great Dmitri'],
  ['carla', 'mine has a hole, is that a feature?'],
  ['amal', 'it is a window 🪟'],
  ['dmitri', 'спасибо, очень вкусно'],
  ['bo', 'the cat approves'],
  ['amal', 'next week: soup with "too many" onions'],
  ['carla', 'there is no such thing'],
  ['dmitri', '🧅🧅🧅'],
]

const SUPPORT: readonly Line[] = [
  ['hana', 'the player stops after about ten minutes, on two machines'],
  ['agent-7', 'hello Hana, does the page say anything when it stops?'],
  ['hana', 'it says: error\\timeout "E-17" {code: 504}'],
  ['agent-7', 'thank you. Is there a proxy between you and the internet?'],
  ['hana', 'probably, it is an office'],
  ['agent-7', 'could you open the test page and tell me the first number?'],
  ['hana', '600'],
  ['agent-7', 'so something closes idle connections after 600 seconds'],
  ['hana', 'that fits!'],
  ['agent-7', 'please set "keep alive" to 30 in the player settings'],
  ['hana', 'done, I will watch it over lunch 🍜'],
  ['agent-7', 'enjoy. I leave this open until you are back'],
  ['hana', 'back: 50 minutes without a stop ✅'],
  ['agent-7', 'glad to hear it, have a good day'],
  ['hana', 'thank you, bye'],
]

/** What `npm run demo` sends: three rooms at once, with events and a deletion in between. */
export function conversation(): ChatRequest[] {
  const launch = [
    event('launch-party', 'app:STREAM_STARTED', { title: 'A kite with eyes 🪁', quality: '1080p' }),
    ...messages('launch-party', LAUNCH, { badge: 'viewer' }),
    event('launch-party', 'app:POLL_OPENED', { question: 'Name the kite?', options: 'Gull, Swift, Kevin' }),
  ]
  // The advertisement goes as soon as it was seen.
  launch.splice(launch.findIndex((request) => request.type === 'message' && request.sender === 'spam-bot') + 1, 0, {
    type: 'deletion',
    room: 'launch-party',
    reason: 'advertising',
  })
  const kitchen = messages('kitchen-table', KITCHEN, undefined)
  kitchen.splice(8, 0, event('kitchen-table', 'app:TIMER_STARTED', { minutes: '5', for: 'the dough' }))
  return interleave([launch, kitchen, messages('support-4711', SUPPORT, { channel: 'web' })])
}

function messages(room: string, lines: readonly Line[], attributes: Record<string, string> | undefined): ChatRequest[] {
  return lines.map(([sender, content]) => ({
    type: 'message',
    room,
    sender,
    content,
    ...(attributes ? { attributes } : {}),
  }))
}

function event(room: string, eventName: string, attributes: Record<string, string>): ChatRequest {
  return { type: 'event', room, eventName, attributes }
}

function interleave(rooms: readonly (readonly ChatRequest[])[]): ChatRequest[] {
  const longest = Math.max(...rooms.map((requests) => requests.length))
  return Array.from({ length: longest }, (_, index) =>
    rooms.flatMap((requests) => requests.slice(index, index + 1)),
  ).flat()
}
