#!/usr/bin/env node
// Every relative link in a Markdown file exists, as does every path of the repository that one names in backticks, and with it
// what stands behind a colon (`file.ts:name`): a function, method, class, type or constant that is declared there.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter((file) => file !== '' && existsSync(join(root, file)))

const missing = files.flatMap(missingIn)
for (const line of missing) console.error(line)
console.log(`${files.length} Markdown files, ${missing.length} broken references`)
process.exitCode = missing.length > 0 ? 1 : 0

function missingIn(file: string): readonly string[] {
  const lines = withoutFences(readFileSync(join(root, file), 'utf8'))
  return lines.flatMap((line, index) => {
    const links = [...line.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)]
      .map(([, to = '']) => to)
      .filter((to) => !isElsewhere(to))
    const paths = [...line.matchAll(/`([^`\s]+)`/g)].map(([, to = '']) => to).filter(isPathOfRepository)
    return [...links.filter((to) => !linkHolds(file, to)), ...paths.filter((path) => !pathHolds(path))].map(
      (reference) => `${file}:${index + 1}: ${reference} does not exist`,
    )
  })
}

// Code in a fence is example output or a command, not a reference; its lines stay, so that numbers are right.
function withoutFences(text: string): readonly string[] {
  let fenced = false
  return text.split('\n').map((line) => {
    if (line.trimStart().startsWith('```')) {
      fenced = !fenced
      return ''
    }
    return fenced ? '' : line
  })
}

function isElsewhere(to: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(to)
}

function linkHolds(file: string, to: string): boolean {
  const [path = '', anchor] = to.split('#')
  const target = path === '' ? join(root, file) : join(root, dirname(file), decodeURIComponent(path))
  if (!existsSync(target)) return false
  return anchor === undefined || !target.endsWith('.md') || anchorsOf(target).has(anchor)
}

// As GitHub makes them: lower case, punctuation dropped, spaces to dashes.
function anchorsOf(path: string): ReadonlySet<string> {
  const headings = withoutFences(readFileSync(path, 'utf8')).filter((line) => /^#{1,6} /.test(line))
  return new Set(
    headings.map((line) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  )
}

function pathHolds(text: string): boolean {
  const [path = '', inside] = text.split(':')
  const file = join(root, path)
  if (!existsSync(file)) return false
  if (inside === undefined || /^\d+$/.test(inside)) return true
  const declared = new RegExp(`\\b(?:function|class|const|type) ${inside}\\b|^ +(?:async )?${inside}(?:<.*>)?\\(`, 'm')
  return declared.test(readFileSync(file, 'utf8'))
}

// Only what is plainly meant as a file or folder here: below a top-level folder of the repository, no pattern, not built.
function isPathOfRepository(text: string): boolean {
  return (
    /^(?:\.ci|\.changeset|apps|bench|docs|packages|prisma|scripts)\/[\w./-]+(?::\w+)?$/.test(text) &&
    !/(?:^|\/)(?:dist|node_modules|generated)(?:\/|$)/.test(text)
  )
}
