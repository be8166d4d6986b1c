import { run } from './run.ts'

process.exitCode = await run(process.argv.slice(2), process.env, {
  print: (text) => console.log(text),
  complain: (text) => console.error(text),
})
