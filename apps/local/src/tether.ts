// Preloaded into the children (node --import): ends the process when the one that started it is gone, SIGKILL included.
// The apps themselves know nothing of it.

const GRACE_MS = 15_000

process.once('disconnect', () => {
  process.kill(process.pid, 'SIGTERM')
  setTimeout(() => process.exit(1), GRACE_MS).unref()
})
// The channel alone must not keep a process alive that has finished.
process.channel?.unref()
