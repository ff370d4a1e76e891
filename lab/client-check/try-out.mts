import { checkClient } from '/work/main/lab/client-check/check.ts'
import { printCheck } from '/work/main/lab/client-check/print.ts'
console.log(printCheck(await checkClient(process.argv.slice(2) as [string], { signal: AbortSignal.timeout(60000) })))
