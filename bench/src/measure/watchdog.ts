import { spawn } from 'node:child_process'

// `read` fails when the other end of the pipe closes, which the kernel does however our process ends.
const SCRIPT = `
pids=
while read -r word; do
  case $word in
    +*) pids="$pids \${word#+} " ;;
    -*) pids=$(echo "$pids" | sed "s/ \${word#-} //") ;;
  esac
done
[ -n "$pids" ] && kill -KILL $pids 2>/dev/null
exit 0
`

let tell: ((word: string) => void) | undefined

/** Has the process ended when we end, SIGKILL included; the returned function says that it has ended already. */
export function watchOver(pid: number): () => void {
  tell ??= startShell()
  const say = tell
  say(`+${pid}`)
  return () => say(`-${pid}`)
}

function startShell(): (word: string) => void {
  const shell = spawn('/bin/sh', ['-c', SCRIPT], {
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    // A Ctrl-C in the terminal must not take the watchdog first.
    detached: true,
  })
  shell.stdin.on('error', () => {})
  shell.unref()
  return (word) => shell.stdin.write(`${word}\n`)
}
