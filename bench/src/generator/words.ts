/** What people write in a chat; earlier words are drawn more often. */
export const WORDS: readonly string[] =
  `the you to a and is it i that of in this for on was so my me are have with be just
lol what not like but no he they do can at if your all we good one go now get know up how out she why hi yes game stream time
love from about when did see there really think been who haha want would got please more great hello has team right oh well
play need back nice will some too then thanks only still over even make here him her watch song today way never say much night
them last first new guys going could their look best man also again day wait let very come thing sure better always next than
people someone anyone maybe actually after before where every chat live anybody tomorrow friend friends question answer music
player round match score goal win lost winning losing level boss final season episode camera sound screen quality lag frozen
audio video volume louder quiet banner emote sub subbed follow followed raid host clip highlight replay replayed legend insane
unreal clutch cracked bait troll noob pro ranked queue lobby server ping crash update patch nerf buff meta build loadout weapon
armor shield sniper headshot respawn checkpoint speedrun record attempt practice warmup stretch coffee pizza burger breakfast
dinner weather raining sunny weekend birthday congrats welcome goodnight morning evening Canada Brazil Germany Poland France
Mexico India Japan Korea Turkey Spain Italy Sweden Norway Chicago London Berlin Madrid Toronto Austin schedule calendar ticket
concert festival guitar drums piano vocals chorus verse remix album vinyl playlist recommend suggestion tutorial lesson course
homework exam university project deadline meeting presentation keyboard mouse monitor headset microphone webcam battery charger
giveaway winner discount shipping delivery price refund support moderator banned timeout appeal rules respect kindness`
    .split(/\s+/)
    .filter((word) => word !== '')

/** What Latin letters cannot say. */
export const FOREIGN: readonly string[] =
  `привет всем спасибо отлично когда начнётся эфир сегодня молодцы красиво здравствуйте ребята
почему музыка громче このゲームは楽しい 配信ありがとうございます おつかれさま 頑張って すごい上手ですね 次はいつですか 초보자인데 질문이있어요 안녕하세요 오늘도재밌어요 대박이다 감사합니다
今天的比赛太精彩了 主播晚上好 这个怎么玩 加油加油 笑死我了 声音太小了 مرحبا كيف الحال شكرا جزيلا متى يبدأ البث رائع جدا שלום לכולם
नमस्ते सबको बहुत बढ़िया धन्यवाद स्ट्रीम Γειά σας τι κάνετε φοβερό ação também você não está incrível mañana niño größe schön`
    .split(/\s+/)
    .filter((word) => word !== '')

export const EMOJI: readonly string[] = [
  ...'😂🤣😍🔥👏🎉😭💀🙏💯🥳😎🤔👀🚀❤️😅🙌🤯😡👍🏆⚽🎮🎧🎶🍕☕🌈🐐',
  '👨‍👩‍👧',
  '👍🏽',
  '🇧🇷',
  '🇯🇵',
]
