import type { Kind } from '../server/ledger.ts'

export type LoadPoint = {
  /** Messages sent. */
  readonly perSecond: number
  readonly acknowledgedPerSecond: number
  /** s */
  readonly delays: readonly { readonly kind: Kind; readonly p50: number; readonly p99: number }[]
}

const WIDTH = 760
const HEIGHT = 560
const LEFT = 70
const RIGHT = 30
/** Of the two panels: from, to. */
const DELAY = [60, 310] as const
const THROUGHPUT = [370, 500] as const
const DELAY_MIN_SECONDS = 0.1

const COLORS: Readonly<Record<Kind, string>> = { s3: '#2563eb', cloudWatchLogs: '#c2410c', firehose: '#15803d' }
const NAMES: Readonly<Record<Kind, string>> = { s3: 'S3', cloudWatchLogs: 'CloudWatch Logs', firehose: 'Firehose' }

type Scale = (value: number) => number

/** Delay and throughput against load, both scales logarithmic, as an SVG that needs nothing. */
export function renderPicture(points: readonly LoadPoint[], where: string): string {
  const loads = points.map(({ perSecond }) => perSecond)
  const x = logScale(Math.min(...loads), Math.max(...loads), LEFT, WIDTH - RIGHT)
  const slowest = Math.max(1, ...points.flatMap(({ delays }) => delays.map(({ p99 }) => p99)))
  const delay = logScale(DELAY_MIN_SECONDS, slowest, DELAY[1], DELAY[0])
  const throughput = logScale(Math.min(...loads), Math.max(...loads), THROUGHPUT[1], THROUGHPUT[0])
  const kinds = points[0]?.delays.map(({ kind }) => kind) ?? []
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    '<title>Propagation delay and acknowledged messages a second against load</title>',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(LEFT, 24, 'Propagation delay against load: p50 solid, p99 dashed (s)', 'font-weight="bold"'),
    ...kinds.map((kind, n) => text(LEFT + n * 140, 44, NAMES[kind], `fill="${COLORS[kind]}"`)),
    ...grid(delay, ticksBetween(DELAY_MIN_SECONDS, slowest)),
    ...kinds.flatMap((kind) => [line(points, x, delay, kind, 'p50'), line(points, x, delay, kind, 'p99')]),
    text(LEFT, THROUGHPUT[0] - 16, 'Acknowledged messages a second', 'font-weight="bold"'),
    ...grid(throughput, loads),
    polyline(
      points.map((point) => [x(point.perSecond), throughput(point.acknowledgedPerSecond)]),
      '#444',
      '',
    ),
    ...loads.map((load) => text(x(load), THROUGHPUT[1] + 20, String(load), 'text-anchor="middle"')),
    text(WIDTH - RIGHT, THROUGHPUT[1] + 38, 'messages sent a second', 'text-anchor="end"'),
    text(LEFT, HEIGHT - 8, where, 'fill="#666" font-size="10"'),
    '</svg>',
    '',
  ].join('\n')
}

function logScale(from: number, to: number, pixelFrom: number, pixelTo: number): Scale {
  const span = Math.log(Math.max(to, from * 1.01)) - Math.log(from)
  return (value) => pixelFrom + ((Math.log(Math.max(value, from)) - Math.log(from)) / span) * (pixelTo - pixelFrom)
}

/** 1, 2 and 5 times powers of ten. */
function ticksBetween(from: number, to: number): number[] {
  const ticks: number[] = []
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power++) {
    for (const step of [1, 2, 5]) ticks.push(Number((step * 10 ** power).toPrecision(1)))
  }
  return ticks.filter((tick) => tick >= from && tick <= to)
}

function grid(y: Scale, ticks: readonly number[]): string[] {
  return ticks.flatMap((tick) => [
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}" stroke="#e5e7eb"/>`,
    text(LEFT - 8, y(tick) + 4, String(tick), 'text-anchor="end"'),
  ])
}

function line(points: readonly LoadPoint[], x: Scale, y: Scale, kind: Kind, of: 'p50' | 'p99'): string {
  const at = points.flatMap(({ perSecond, delays }) => {
    const delay = delays.find((each) => each.kind === kind)
    return delay ? [[x(perSecond), y(delay[of])] as const] : []
  })
  return polyline(at, COLORS[kind], of === 'p99' ? 'stroke-dasharray="5 4"' : '')
}

function polyline(points: readonly (readonly [number, number] | number[])[], color: string, extra: string): string {
  const at = points.map(([left = 0, top = 0]) => `${left.toFixed(1)},${top.toFixed(1)}`).join(' ')
  return `<polyline points="${at}" fill="none" stroke="${color}" stroke-width="2" ${extra}/>`
}

function text(left: number, top: number, words: string, extra: string): string {
  const safe = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${left.toFixed(1)}" y="${top.toFixed(1)}" ${extra}>${safe}</text>`
}
