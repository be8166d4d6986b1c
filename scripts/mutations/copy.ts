import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'

export const ROOT = realpathSync(join(import.meta.dirname, '..', '..'))

// Made by `pnpm generate`, and ignored by git.
const GENERATED = ['prisma/src/generated']

export type Copy = {
  readonly root: string
  /** Changes a file, until the function that it returns is called. */
  change(file: string, edit: (text: string) => string): () => void
  close(): void
}

/** A copy of the sources outside the checkout, whose workspace packages see each other and not the originals. */
export function openCopy(): Copy {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'roomlog-mutations-')))
  const close = () => rmSync(root, { recursive: true, force: true })
  process.once('exit', close)
  for (const file of [...sourceFiles(), ...GENERATED]) cpSync(join(ROOT, file), join(root, file), { recursive: true })
  for (const folder of packageFolders()) linkModules(folder, root)
  return {
    root,
    change(file, edit) {
      const path = join(root, file)
      const before = readFileSync(path, 'utf8')
      writeFileSync(path, edit(before))
      return () => writeFileSync(path, before)
    },
    close,
  }
}

function sourceFiles(): readonly string[] {
  const options = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const files = execFileSync('git', options, { cwd: ROOT, encoding: 'utf8' }).split('\0')
  return files.filter((file) => file !== '' && existsSync(join(ROOT, file)))
}

function packageFolders(): readonly string[] {
  const manifests = sourceFiles().filter((file) => file === 'package.json' || file.endsWith('/package.json'))
  return manifests.map(dirname).filter((folder) => existsSync(join(ROOT, folder, 'node_modules')))
}

/** Each package by a link of its own: one that leads into the workspace must lead into the copy. */
function linkModules(folder: string, root: string): void {
  const from = join(ROOT, folder, 'node_modules')
  const to = join(root, folder, 'node_modules')
  for (const name of readdirSync(from).filter((entry) => !entry.startsWith('.'))) {
    const names = name.startsWith('@') ? readdirSync(join(from, name)).map((part) => join(name, part)) : [name]
    for (const each of names) {
      mkdirSync(dirname(join(to, each)), { recursive: true })
      symlinkSync(targetOf(realpathSync(join(from, each)), root), join(to, each))
    }
  }
}

function targetOf(path: string, root: string): string {
  const inside = relative(ROOT, path)
  const isOurs = !inside.startsWith('..') && !inside.split(sep).includes('node_modules')
  return isOurs ? join(root, inside) : path
}
