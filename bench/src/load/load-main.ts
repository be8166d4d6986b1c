import { load } from './load.ts'
import { LoadPlan } from './plan.ts'

// Started by the benchmark, so that what loads the api is not measured with it.
const plan = LoadPlan.parse(JSON.parse(process.argv[2] ?? ''))
console.log(JSON.stringify(await load(plan)))
