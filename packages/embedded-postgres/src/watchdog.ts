import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { ENVIRONMENT } from './identity.ts'

// `read` returns when the other end of the pipe closes, which the kernel does however our process ends.
const SCRIPT = `
pid=$1
while read -r word; do pid=; done
if [ -n "$pid" ]; then
  kill -INT "$pid" 2>/dev/null
  tries=0
  while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -KILL "$pid" 2>/dev/null
fi
[ -n "$2" ] && rm -rf -- "$2"
exit 0
`

/**
 * A shell that stops the server when our process ends in any way, SIGKILL included, and then removes `folder` if given.
 * The returned function tells it that the server has ended, and waits until it is gone too.
 */
export function watch(pid: number, folder: string | undefined): () => Promise<void> {
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'sh', String(pid), folder ?? ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: ENVIRONMENT,
    cwd: '/',
    // A Ctrl-C in the terminal, or a signal to our process group, must not take the watchdog with it.
    detached: true,
  })
  const ended = once(shell, 'exit').catch(() => {})
  shell.stdin.on('error', () => {})
  shell.unref()
  return async () => {
    shell.ref()
    shell.stdin.end('ended\n')
    await ended
  }
}
