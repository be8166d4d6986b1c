import type { Verdict } from './mutation.ts'

/** All verdicts as a Markdown table. */
export function tableOf(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ mutation, status, how, seconds }) => [
    mutation.name,
    mutation.promise,
    mutation.suites.map(({ project }) => project).join(', '),
    status === 'killed' ? how : `**${status}** ${how}`,
    String(seconds),
  ])
  return [
    ['mutation', 'the promise it breaks', 'suite', 'killed by', 'seconds'],
    ['---', '---', '---', '---', '---'],
    ...rows,
  ]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`)
    .join('\n')
}
